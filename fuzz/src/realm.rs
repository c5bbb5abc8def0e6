//! A realm with a few clients that say anything.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use wamp_proto::message::*;
use wamp_proto::router::{JoinStep, Joining, Output, RealmConfig, RealmMachine};
use wamp_proto::{Dict, Entropy, Id, Message, Serializer};

use crate::pick::Pick;

const FEATURES: [&str; 5] =
    ["call_canceling", "progressive_call_results", "call_timeout", "caller_identification", "shared_registration"];

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
    let config = RealmConfig::open("realm1");
    let machine = RealmMachine::new(config, Box::new(Counter(1)));
    let mut world = World { machine, entropy: Counter(7), now: Duration::ZERO, clients: BTreeMap::new() };
    while !pick.is_over() {
        world.step(&mut pick);
        world.deliver(&mut pick);
    }
    world.end(&mut pick);
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
        assert_eq!(self.machine.stats(), Default::default(), "something is left");
        assert_eq!(self.machine.next_deadline(), None);
    }
}

impl Client {
    fn message(&mut self, pick: &mut Pick<'_>) -> Message {
        let options = pick.options(&self.seen);
        let (id, uri, payload) = (pick.id(&self.seen), pick.uri().into(), pick.payload());
        match pick.number(14) {
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
            _ => self.rare_message(pick),
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
