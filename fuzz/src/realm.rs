//! A realm with a few clients that say anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use wamp_proto::message::*;
use wamp_proto::router::{
    Disclosure, HistoryRule, JoinStep, Joining, Limits, MetaApi, Output, RealmConfig, RealmMachine, Stats, TrustLevels,
};
use wamp_proto::uri::Match;
use wamp_proto::{Dict, Entropy, Id, Message, Payload, Serializer, Value};

use crate::pick::Pick;

const FEATURES: [&str; 7] = [
    "call_canceling",
    "progressive_call_results",
    "call_timeout",
    "caller_identification",
    "shared_registration",
    "subscription_revocation",
    "registration_revocation",
];

const META: [&str; 26] = [
    "wamp.session.count",
    "wamp.session.list",
    "wamp.session.get",
    "wamp.session.kill",
    "wamp.session.kill_by_authid",
    "wamp.session.kill_by_authrole",
    "wamp.session.kill_all",
    "wamp.session.add_testament",
    "wamp.session.flush_testaments",
    "wamp.subscription.list",
    "wamp.subscription.lookup",
    "wamp.subscription.match",
    "wamp.subscription.get",
    "wamp.subscription.list_subscribers",
    "wamp.subscription.count_subscribers",
    "wamp.subscription.remove_subscriber",
    "wamp.subscription.get_events",
    "wamp.subscription.get_events",
    "wamp.registration.list",
    "wamp.registration.lookup",
    "wamp.registration.match",
    "wamp.registration.get",
    "wamp.registration.list_callees",
    "wamp.registration.count_callees",
    "wamp.registration.remove_callee",
    "wamp.session.add_testament",
];
const KEYWORDS: [&str; 14] = [
    "reason",
    "message",
    "scope",
    "publish_options",
    "limit",
    "reverse",
    "topic",
    "from_time",
    "after_time",
    "until_time",
    "from_publication",
    "after_publication",
    "before_publication",
    "until_publication",
];
const WORDS: [&str; 4] = ["detached", "destroyed", "anonymous", "1970-01-01T00:00:00.010Z"];
const RETAINED: usize = 4;
const RETAINED_BYTES: usize = 2000;
const HISTORY_BYTES: usize = 2000;

const OF_CALLS: [&str; 4] =
    ["progressive_call_invocations", "payload_passthru_mode", "call_reroute", "registration_revocation"];

/// Random numbers that are the same in every run.
struct Counter(u64);

impl Entropy for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 29)
    }
}

struct World {
    machine: RealmMachine,
    entropy: Counter,
    now: Duration,
    clients: BTreeMap<Id, Client>,
}

#[derive(Default)]
struct Client {
    /// The last request's number.
    last: u64,
    /// Ids that the router told it.
    seen: Vec<Id>,
    /// Calls without their last answer.
    calls: BTreeSet<Id>,
}

/// Drives a realm; afterwards nothing must be left of those who were in it.
pub fn run(choices: &[u8]) {
    let mut pick = Pick::new(choices);
    let config = config(&mut pick);
    let machine = RealmMachine::new(config, Box::new(Counter(1)));
    let mut world = World { machine, entropy: Counter(7), now: Duration::ZERO, clients: BTreeMap::new() };
    while !pick.is_over() {
        world.step(&mut pick);
        world.deliver(&mut pick);
    }
    world.end(&mut pick);
}

/// A realm that offers everything, or nothing that is optional; what it keeps is little, so that it has to let go.
fn config(pick: &mut Pick<'_>) -> RealmConfig {
    let plain = RealmConfig::open("realm1");
    if pick.rarely(4) {
        return plain;
    }
    let rule = |topic: &str, policy, events| HistoryRule { topic: topic.into(), policy, events, bytes: HISTORY_BYTES };
    let disclosure = [Disclosure::Auto, Disclosure::Always, Disclosure::Never];
    RealmConfig {
        meta: MetaApi { session: true, subscription: true, registration: true },
        disclosure: disclosure[pick.number(3)],
        trust_levels: Some(TrustLevels { default: Some(1), ..TrustLevels::default() }),
        history: vec![rule("com.a", Match::Exact, 2), rule("com.", Match::Prefix, 4)],
        limits: Limits {
            retained_events: RETAINED,
            retained_bytes: RETAINED_BYTES,
            testaments: 2,
            testament_bytes: 400,
            ..plain.limits
        },
        goodbye_timeout: Duration::from_millis(20),
        ..plain
    }
}

impl World {
    fn step(&mut self, pick: &mut Pick<'_>) {
        let clients: Vec<Id> = self.clients.keys().copied().collect();
        match (pick.number(16), pick.one(&clients)) {
            (0, _) | (_, None) => self.join(pick),
            (1, Some(id)) => self.leave(id),
            (2, _) => self.wait(pick),
            (3, _) if pick.rarely(16) => self.machine.shutdown(self.now),
            (_, Some(id)) => self.say(id, pick),
        }
    }

    fn join(&mut self, pick: &mut Pick<'_>) {
        if self.clients.len() >= 5 {
            return;
        }
        let features: Dict = FEATURES.into_iter().chain(OF_CALLS).map(|feature| (feature, !pick.rarely(4))).collect();
        let role = Dict::new().with("features", features);
        let roles = ["publisher", "subscriber", "caller", "callee"].map(|name| (name, role.clone()));
        let details = Dict::new().with("roles", Dict::from_iter(roles));
        let hello = Hello { realm: "realm1".into(), details }.into();
        let realms = std::collections::HashMap::from([("realm1".into(), self.machine.config().clone())]);
        let step = Joining::new(SystemTime::UNIX_EPOCH).handle(hello, &realms, &mut self.entropy, self.now);
        let JoinStep::Join(identity) = step else { panic!("not let in: {step:?}") };
        let (id, welcome) = self.machine.join(identity, self.now);
        check(&welcome);
        assert!(self.clients.insert(id, Client { seen: vec![id], ..Client::default() }).is_none());
    }

    fn leave(&mut self, id: Id) {
        self.clients.remove(&id);
        self.machine.leave(id, self.now);
    }

    fn wait(&mut self, pick: &mut Pick<'_>) {
        self.now = match self.machine.next_deadline() {
            Some(deadline) if !pick.rarely(2) => deadline.max(self.now),
            _ => self.now + Duration::from_millis(pick.number(30) as u64),
        };
        self.machine.handle_timeout(self.now);
        let due = self.machine.next_deadline().is_some_and(|deadline| deadline <= self.now);
        assert!(!due, "what is due is done");
    }

    fn say(&mut self, id: Id, pick: &mut Pick<'_>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let message = client.message(pick);
        if let Message::Call(call) = &message {
            client.calls.insert(call.request);
        }
        self.machine.handle(id, message, self.now);
    }

    fn deliver(&mut self, pick: &mut Pick<'_>) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send { to, message } => self.receive(&[to], &message, pick),
                Output::Broadcast { to, message } => self.receive(&to, &message, pick),
                Output::Close { session } => {
                    assert!(self.clients.remove(&session).is_some(), "closed twice");
                }
                Output::Ask(question) => panic!("the realm has no authorizer: {question:?}"),
            }
        }
    }

    fn receive(&mut self, to: &[Id], message: &Message, pick: &mut Pick<'_>) {
        check(message);
        for id in to {
            let client = self.clients.get_mut(id).unwrap_or_else(|| panic!("{message:?} for nobody"));
            client.hear(message);
            if pick.rarely(64) {
                self.machine.undeliverable(*id, message);
            }
        }
    }

    fn end(&mut self, pick: &mut Pick<'_>) {
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.leave(id);
            self.deliver(pick);
        }
        self.now += Duration::from_secs(1 << 40);
        self.machine.handle_timeout(self.now);
        let stats = self.machine.stats();
        let limits = self.machine.config().limits;
        assert!(stats.retained_events <= limits.retained_events && stats.retained_bytes <= limits.retained_bytes);
        assert!(stats.history_events <= 6 && stats.history_bytes <= 2 * HISTORY_BYTES);
        let kept = Stats { sessions: 0, subscriptions: 0, registrations: 0, open_calls: 0, ..stats };
        assert_eq!(stats, kept, "something is left");
        assert_eq!(self.machine.next_deadline(), None);
    }
}

impl Client {
    fn message(&mut self, pick: &mut Pick<'_>) -> Message {
        let options = pick.options(&self.seen);
        let (id, uri, payload) = (pick.id(&self.seen), pick.uri().into(), pick.payload());
        match pick.number(17) {
            0 | 1 => Subscribe { request: self.next(pick), options, topic: uri }.into(),
            2 => Unsubscribe { request: self.next(pick), subscription: id }.into(),
            3 | 4 => Publish { request: self.next(pick), options, topic: uri, payload }.into(),
            5 | 6 => Register { request: self.next(pick), options, procedure: uri }.into(),
            7 => Unregister { request: self.next(pick), registration: id }.into(),
            8 | 9 => Call { request: self.call_id(pick), options, procedure: uri, payload }.into(),
            10 => Cancel { request: id, options }.into(),
            11 => Yield { request: id, options, payload }.into(),
            12 if pick.rarely(3) => {
                let error = "wamp.error.unavailable".into();
                Error { request_type: 68, request: id, details: options, error, payload }.into()
            }
            12 => Error { request_type: 68, request: id, details: options, error: uri, payload }.into(),
            13..16 => Call { request: self.next(pick), ..self.meta_call(pick) }.into(),
            _ => self.rare_message(pick),
        }
    }

    /// A call of a procedure of the router.
    fn meta_call(&self, pick: &mut Pick<'_>) -> Call {
        let procedure = META[pick.number(META.len())].into();
        let args = (0..pick.number(4)).map(|_| self.argument(pick)).collect();
        let kwargs =
            (0..pick.number(3)).map(|_| (KEYWORDS[pick.number(KEYWORDS.len())], self.argument(pick))).collect();
        let payload = Payload::from_values(pick.serializer(), Some(args), Some(kwargs));
        Call { request: Id::MIN, options: Dict::new(), procedure, payload }
    }

    fn argument(&self, pick: &mut Pick<'_>) -> Value {
        match pick.number(9) {
            0..3 => pick.id(&self.seen).into(),
            3 => pick.uri().into(),
            4 => vec!["anonymous"].into(),
            5 => pick.options(&self.seen).into(),
            6 => WORDS[pick.number(WORDS.len())].into(),
            7 => true.into(),
            _ => Value::List(vec![]),
        }
    }

    fn rare_message(&mut self, pick: &mut Pick<'_>) -> Message {
        let request = pick.id(&self.seen);
        match pick.number(16) {
            0 => Goodbye { details: Dict::new(), reason: "wamp.close.close_realm".into() }.into(),
            1 => Abort { details: Dict::new(), reason: "wamp.error.abort".into() }.into(),
            2 => Published { request, publication: request }.into(),
            _ => Call { request, options: Dict::new(), procedure: "com.a".into(), payload: pick.payload() }.into(),
        }
    }

    /// A new call's number, or that of one that goes on.
    fn call_id(&mut self, pick: &mut Pick<'_>) -> Id {
        let open: Vec<Id> = self.calls.iter().copied().collect();
        let another = pick.rarely(3);
        pick.one(&open).filter(|_| another).unwrap_or_else(|| self.next(pick))
    }

    /// The next request's number, rarely a wrong one.
    fn next(&mut self, pick: &mut Pick<'_>) -> Id {
        if pick.rarely(64) {
            return pick.id(&self.seen);
        }
        self.last += 1;
        Id::new(self.last).unwrap_or_else(|| unreachable!("a run is short"))
    }

    fn hear(&mut self, message: &Message) {
        match message {
            Message::Subscribed(m) => self.seen.push(m.subscription),
            Message::Registered(m) => self.seen.push(m.registration),
            Message::Invocation(m) => self.seen.push(m.request),
            Message::Published(m) => self.seen.push(m.publication),
            Message::Event(m) => self.seen.push(m.publication),
            Message::Result(m) if !m.details.flag("progress") => self.answered(m.request),
            Message::Error(m) if m.request_type == Call::CODE => self.answered(m.request),
            _ => {}
        }
    }

    fn answered(&mut self, call: Id) {
        assert!(self.calls.remove(&call), "call {call} is answered twice, or was never made");
    }
}

/// What the router says is a message in each format.
fn check(message: &Message) {
    for serializer in Serializer::ALL {
        let frame = serializer.encode(message).unwrap_or_else(|error| panic!("{error}: {message:?}"));
        let read = serializer.decode(frame);
        assert!(read.is_ok(), "{read:?}: {message:?}");
    }
}
