//! A realm with every feature, and clients that do anything: when they are gone, nothing of them is left.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::sync::Arc;

use proptest::prelude::*;
use realm_harness::*;
use wamp_proto::router::{
    Actions, Authorizer, Decision, HistoryRule, MetaApi, Oracle, Permission, RealmConfig, Role, TrustLevels,
};
use wamp_proto::uri::Match;

const CLIENTS: usize = 4;

fn everything(oracle: Oracle, cache: u64) -> RealmConfig {
    let rule = |uri: &str, policy| Permission { uri: uri.into(), policy, allow: Actions::ALL, disclosure: None };
    let trusted = Role::new([rule("", Match::Prefix), rule("wamp.", Match::Prefix), rule("authorizer", Match::Exact)]);
    let asking = Role::new([rule("b", Match::Prefix), rule("wamp.", Match::Prefix)]).asking();
    RealmConfig {
        meta: MetaApi { session: true, subscription: true, registration: true },
        roles: Some(Arc::new([("trusted".into(), trusted), ("asking".into(), asking)].into_iter().collect())),
        authorizer: Some(Authorizer { oracle, timeout: ms(50), cache: ms(cache) }),
        history: vec![HistoryRule { topic: "a".into(), policy: Match::Prefix, events: 5, bytes: 4096 }],
        trust_levels: Some(TrustLevels { default: Some(1), ..TrustLevels::default() }),
        ..RealmConfig::open("realm1")
    }
}

/// One number makes a step.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        let rolled = self.0 % n;
        self.0 /= n;
        rolled
    }

    fn id(&mut self) -> Id {
        id(1 + self.below(6))
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    fn flags(&mut self, names: &[&'static str]) -> Dict {
        names.iter().filter(|_| self.below(2) == 1).map(|name| (*name, true)).collect()
    }

    fn uri(&mut self) -> &'static str {
        self.one(&["a", "a.b", "a.b.c", "b", "b.c", "a..c", "authorizer"])
    }

    fn pattern(&mut self, options: Dict) -> Dict {
        options.with("match", self.one(&["exact", "exact", "prefix", "wildcard"]))
    }
}

fn message(dice: &mut Dice, clients: &[Id]) -> Message {
    let request = dice.id();
    match dice.below(12) {
        0 => {
            let flags = dice.flags(&["get_retained"]);
            Subscribe { request, options: dice.pattern(flags), topic: dice.uri().into() }.into()
        }
        1 => Unsubscribe { request, subscription: dice.id() }.into(),
        2 => {
            let flags = dice.flags(&["acknowledge", "retain", "disclose_me"]).with("exclude_me", dice.below(2) == 1);
            Publish { request, ..publish(dice.uri(), flags) }.into()
        }
        3 | 4 => {
            let flags = dice.flags(&["force_reregister", "disclose_caller", "forward_timeout"]);
            let options = dice.pattern(flags).with("invoke", dice.one(&["single", "roundrobin", "first", "last"]));
            Register { request, options, procedure: dice.uri().into() }.into()
        }
        5 => Unregister { request, registration: dice.id() }.into(),
        6 | 7 => {
            let flags = dice.flags(&["receive_progress", "progress", "disclose_me"]);
            Call { request, ..call(1, dice.uri(), flags.with("timeout", dice.below(3) * 20)) }.into()
        }
        8 => Cancel { request, options: with("mode", dice.one(&["skip", "kill", "killnowait"])) }.into(),
        9 => {
            let payload = json(dice.one(&["[true]", "[false]", "[1]"]));
            Yield { request, options: dice.flags(&["progress"]), payload }.into()
        }
        10 => {
            let error = dice.one(&[reason::UNAVAILABLE, "a.error"]).into();
            Error { request_type: 68, request, details: none(), error, payload: json("[]") }.into()
        }
        _ => meta(dice, clients).into(),
    }
}

fn meta(dice: &mut Dice, clients: &[Id]) -> Call {
    let (client, thing): (Value, Value) = (dice.one(clients).into(), dice.id().into());
    let request = dice.id();
    let (name, args) = match dice.below(8) {
        0 => ("session.kill", vec![client]),
        1 => ("session.kill_by_authid", vec!["0".into()]),
        2 => ("session.kill_all", vec![]),
        3 => ("subscription.remove_subscriber", vec![thing, client]),
        4 => ("registration.remove_callee", vec![thing, client]),
        5 => ("session.flush_testaments", vec![]),
        6 => ("subscription.get_events", vec![thing]),
        _ => ("session.add_testament", vec![dice.uri().into()]),
    };
    Call { request, ..meta_call(&format!("wamp.{name}"), &args, None) }
}

fn join(realm: &mut Realm, n: usize) -> Id {
    let details = hello_details(if n.is_multiple_of(2) { EVERYTHING } else { &["call_canceling", "call_reroute"] });
    realm.join_as_with(&n.to_string(), if n < 2 { "trusted" } else { "asking" }, details)
}

fn step(realm: &mut Realm, clients: &mut [Id], dice: &mut Dice) {
    let n = dice.below(CLIENTS as u64) as usize;
    match dice.below(24) {
        0 => realm.leave(clients[n]),
        1 => realm.say(clients[n], Goodbye { details: none(), reason: reason::CLOSE_REALM.into() }),
        2 => realm.advance(ms(dice.below(60))),
        3 => lose(realm, clients[n]),
        4..8 => decide(realm, dice),
        _ => {
            let message = message(dice, clients);
            realm.say(clients[n], message);
        }
    }
    realm.collect();
    for (n, client) in clients.iter_mut().enumerate() {
        if !realm.machine.session_details().any(|(id, _)| id == *client) {
            *client = join(realm, n);
        }
    }
}

/// What the client has received since is found not to have arrived.
fn lose(realm: &mut Realm, client: Id) {
    for message in realm.received(client) {
        match &message {
            Message::Result(result) if result.details.flag("progress") => {
                realm.machine.unexpressible_progress(client, result.request, reason::INVALID_ARGUMENT, "");
            }
            Message::Invocation(invocation) if invocation.request.get().is_multiple_of(2) => {
                realm.machine.unexpressible(client, invocation.request, "");
            }
            _ => realm.machine.undeliverable(client, &message),
        }
    }
}

fn decide(realm: &mut Realm, dice: &mut Dice) {
    let Some(question) = realm.questions.pop_front() else { return };
    let decision = dice.one(&[None, Some(Decision::ALLOWED), Some(Decision::ALLOWED), Some(Decision::DENIED)]);
    realm.machine.decide(question.id, decision, realm.now);
}

/// All that the machine holds, without the numbers that only count.
fn held(realm: &Realm) -> String {
    let all = format!("{:?}", realm.machine);
    let mut parts = all.split("SequentialIds {");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |all, part| all + part.split_once('}').unwrap().1)
}

fn nothing_is_left(oracle: Oracle, cache: u64, steps: &[u64]) -> Result<(), TestCaseError> {
    let mut realm = Realm::with(RealmConfig { history: Vec::new(), ..everything(oracle.clone(), cache) });
    let empty = held(&realm);
    realm.machine.handle_timeout(realm.now);
    let mut clients: Vec<Id> = (0..CLIENTS).map(|n| join(&mut realm, n)).collect();
    for number in steps {
        step(&mut realm, &mut clients, &mut Dice(*number));
    }
    realm.machine.shutdown(realm.now);
    realm.collect();
    let everybody: Vec<Id> = realm.everybody();
    everybody.into_iter().for_each(|client| realm.leave(client));
    // Calls of the router itself wait for their authorizer, which is gone.
    realm.machine.handle_timeout(realm.now);
    prop_assert_eq!(held(&realm), empty);
    prop_assert_eq!(realm.machine.next_deadline(), None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn nothing_is_left_of_those_who_are_gone(
        steps in prop::collection::vec(any::<u64>(), 1..200),
        by_procedure in any::<bool>(),
        cache in prop::sample::select(vec![0_u64, 30]),
    ) {
        let oracle = if by_procedure { Oracle::Procedure("authorizer".into()) } else { Oracle::Driver };
        nothing_is_left(oracle, cache, &steps)?;
    }
}
