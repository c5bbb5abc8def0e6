//! Anything at all from several clients at once: nothing panics, no honest peer notices, nothing is left behind.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use proptest::prelude::*;
use realm_harness::*;
use wamp_proto::router::Stats;

/// What happens next. Clients are numbered; one that is gone joins anew.
#[derive(Clone, Debug)]
enum Step {
    Say(usize, Message),
    Leave(usize),
    Broken(usize),
    Wait(u64),
    Undeliverable(usize),
}

const CLIENTS: usize = 4;

fn small() -> impl Strategy<Value = Id> {
    (1..6_u64).prop_map(id)
}

fn uri() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "a.b", "a.b.c", "a..c", "", ".", "a.", "wamp.x", "no uri", "b"])
}

fn payload() -> impl Strategy<Value = Payload> {
    prop::sample::select(vec!["[]", "[1]", "[1]", "[1]", "[1]", "[1]", "[1]", "{}"]).prop_map(json)
}

fn value() -> impl Strategy<Value = Value> {
    let text =
        prop::sample::select(vec!["prefix", "wildcard", "roundrobin", "random", "kill", "skip", "killnowait", "x"]);
    prop_oneof![
        3 => any::<bool>().prop_map(Value::Bool),
        3 => text.prop_map(Value::from),
        2 => (0..40_u64).prop_map(Value::from),
        1 => prop::collection::vec((1..9_u64).prop_map(Value::from), 0..3).prop_map(Value::List),
        1 => Just(Value::Null),
    ]
}

fn options() -> impl Strategy<Value = Dict> {
    let keys = ["match", "invoke", "mode", "timeout", "receive_progress", "progress", "acknowledge"];
    let more = ["exclude_me", "disclose_me", "exclude", "eligible", "exclude_authid", "eligible_authrole"];
    let key = prop::sample::select([&keys[..], &more].concat());
    prop::collection::vec((key, value()), 0..3).prop_map(|members| members.into_iter().collect())
}

fn pubsub() -> impl Strategy<Value = Message> {
    prop_oneof![
        (small(), options(), uri(), payload()).prop_map(|(request, options, topic, payload)| Publish {
            request,
            options,
            topic: topic.into(),
            payload
        }
        .into()),
        (small(), options(), uri()).prop_map(|(request, options, topic)| Subscribe {
            request,
            options,
            topic: topic.into()
        }
        .into()),
        (small(), small()).prop_map(|(request, subscription)| Unsubscribe { request, subscription }.into()),
    ]
}

fn rpc() -> impl Strategy<Value = Message> {
    let error = |(request_type, request, details, error, payload): (u64, Id, Dict, &str, Payload)| {
        Error { request_type, request, details, error: error.into(), payload }.into()
    };
    prop_oneof![
        4 => (small(), options(), uri(), payload())
            .prop_map(|(request, options, uri, payload)| Call { request, options, procedure: uri.into(), payload }.into()),
        2 => (small(), options()).prop_map(|(request, options)| Cancel { request, options }.into()),
        3 => (small(), options(), uri())
            .prop_map(|(request, options, uri)| Register { request, options, procedure: uri.into() }.into()),
        1 => (small(), small()).prop_map(|(request, registration)| Unregister { request, registration }.into()),
        3 => (small(), options(), payload())
            .prop_map(|(request, options, payload)| Yield { request, options, payload }.into()),
        2 => (Just(68), small(), options(), uri(), payload()).prop_map(error),
    ]
}

fn rare() -> impl Strategy<Value = Message> {
    prop_oneof![
        options().prop_map(|details| Goodbye { details, reason: reason::CLOSE_REALM.into() }.into()),
        options().prop_map(|details| Abort { details, reason: "wamp.error.abort".into() }.into()),
        options().prop_map(|details| Hello { realm: "realm1".into(), details }.into()),
        small().prop_map(|request| Error {
            request_type: 48,
            request,
            details: none(),
            error: "a".into(),
            payload: json("[]")
        }
        .into()),
        (small(), payload())
            .prop_map(|(n, payload)| { Event { subscription: n, publication: n, details: none(), payload }.into() }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let message = prop_oneof![8 => pubsub(), 16 => rpc(), 1 => rare()];
    prop_oneof![
        30 => (0..CLIENTS, message).prop_map(|(client, message)| Step::Say(client, message)),
        1 => (0..CLIENTS).prop_map(Step::Leave),
        1 => (0..CLIENTS).prop_map(Step::Broken),
        2 => (0..20_u64).prop_map(Step::Wait),
        1 => (0..CLIENTS).prop_map(Step::Undeliverable),
    ]
}

/// Two honest clients beside the others: one calls and publishes, the other answers.
struct Honest {
    caller: Id,
    callee: Id,
    calls: u64,
    subscription: Id,
}

impl Honest {
    fn join(realm: &mut Realm) -> Self {
        let [caller, callee] = std::array::from_fn(|_| realm.join());
        realm.register(callee, "honest.procedure", none());
        let subscription = realm.subscribe(callee, "honest.topic", none());
        Self { caller, callee, calls: 0, subscription }
    }

    /// Everything works as if they were alone; events of the same topic may come by patterns too.
    fn check(&mut self, realm: &mut Realm) {
        self.calls += 1;
        realm.call(self.caller, self.calls, "honest.procedure", none());
        assert_eq!(realm.invocation(self.callee).request, id(self.calls));
        realm.answer(self.callee, id(self.calls), "[42]");
        assert_eq!(
            realm.result(self.caller),
            CallResult { request: id(self.calls), details: none(), payload: json("[42]") }
        );
        realm.publish(self.caller, "honest.topic", none());
        let events = realm.events(self.callee);
        assert_eq!(events.iter().map(|event| event.subscription).collect::<Vec<_>>(), [self.subscription]);
        assert!(realm.received(self.caller).is_empty());
    }
}

fn run(realm: &mut Realm, clients: &mut [Id], step: Step) {
    match step {
        Step::Say(client, message) => realm.say(clients[client], message),
        Step::Leave(client) => {
            realm.leave(clients[client]);
            clients[client] = realm.join();
        }
        Step::Broken(client) => realm.machine.protocol_violation(clients[client], "broken", realm.now),
        Step::Wait(millis) => realm.advance(ms(millis)),
        Step::Undeliverable(client) => {
            for message in realm.received(clients[client]) {
                realm.machine.undeliverable(clients[client], &message);
            }
        }
    }
    realm.collect();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_they_say_the_others_do_not_notice_and_nothing_remains(
        steps in prop::collection::vec(step(), 1..120),
        features in prop::collection::vec(any::<bool>(), CLIENTS),
    ) {
        let mut realm = Realm::new();
        let mut honest = Honest::join(&mut realm);
        let details = |n: usize| hello_details(if features[n] { EVERYTHING } else { &[] });
        let mut clients: Vec<Id> = (0..CLIENTS).map(|n| realm.join_with(details(n))).collect();
        for step in steps {
            for (n, client) in clients.iter_mut().enumerate() {
                if realm.is_closed(*client) {
                    *client = realm.join_with(details(n));
                }
            }
            run(&mut realm, &mut clients, step);
            honest.check(&mut realm);
        }
        for client in clients.into_iter().chain([honest.caller, honest.callee]) {
            realm.leave(client);
        }
        prop_assert_eq!(realm.machine.stats(), Stats::default());
        prop_assert_eq!(realm.machine.next_deadline(), None);
    }

    /// Every call that was accepted gets exactly one last answer, if its caller stays.
    #[test]
    fn every_call_ends_once(steps in prop::collection::vec(step(), 1..120)) {
        let mut realm = Realm::new();
        let caller = realm.join();
        let mut clients: Vec<Id> = (0..CLIENTS).map(|_| realm.join()).collect();
        let mut called = 0;
        let mut answered = std::collections::HashSet::new();
        for step in steps {
            for client in &mut clients {
                if realm.is_closed(*client) {
                    *client = realm.join();
                }
            }
            run(&mut realm, &mut clients, step);
            called += 1;
            let options = with("receive_progress", called % 2 == 0).with("timeout", called % 3 * 10);
            realm.call(caller, called, ["a", "a.b.c", "b"][called as usize % 3], options);
            if called % 5 == 0 {
                realm.say(caller, Cancel { request: id(called), options: with("mode", "kill") });
            }
            note_answers(&mut realm, caller, &mut answered);
        }
        for client in clients {
            realm.leave(client);
        }
        note_answers(&mut realm, caller, &mut answered);
        prop_assert_eq!(answered.len() as u64, called);
        prop_assert_eq!(realm.machine.stats(), Stats { sessions: 1, ..Stats::default() });
    }
}

fn note_answers(realm: &mut Realm, caller: Id, answered: &mut std::collections::HashSet<Id>) {
    for message in realm.received(caller) {
        let last = match message {
            Message::Result(result) if result.details.flag("progress") => {
                assert!(!answered.contains(&result.request), "progress after the end");
                continue;
            }
            Message::Result(result) => result.request,
            Message::Error(error) => error.request,
            other => panic!("{other:?}"),
        };
        assert!(answered.insert(last), "two answers to the call {last}");
    }
}
