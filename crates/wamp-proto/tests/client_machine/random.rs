//! Whatever happens, in whatever order: nothing panics, and every request has one outcome.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use wamp_proto::client::{Action, Backoff, ClientMachine, Notice, Settings, State};
use wamp_proto::message::{
    Abort, CallResult, Challenge, Error, Event, Goodbye, Interrupt, Invocation, Published, Registered, Subscribed,
    Unregistered, Unsubscribed, Welcome,
};
use wamp_proto::{Dict, Id, Instant, Message, Payload, Serializer};

#[derive(Clone, Debug)]
enum Step {
    Connect,
    Proceed,
    Disconnect,
    Abort,
    Opened(bool),
    Failed,
    Lost,
    /// The well-behaved router answers what it was sent.
    Answer,
    /// The well-behaved router sends an EVENT, an INVOCATION or an INTERRUPT.
    Push(usize, Dict),
    /// The router says something, fitting or not.
    Say(Box<Message>),
    Garbage(Vec<u8>),
    Wait(u16),
    Subscribe(u64),
    Unsubscribe(u64),
    Register(u64),
    Unregister(u64),
    Publish(bool),
    Call(Option<u16>),
    Cancel(u64),
    Yield(u64, bool),
    Fail(u64),
    Authenticate,
    Refuse,
    /// The program hears the next few notices.
    Hear(u8),
    Reconnects(bool),
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![1..12_u64, Just(Id::MAX)].prop_map(|n| Id::new(n).unwrap())
}

fn details() -> impl Strategy<Value = Dict> {
    prop_oneof![
        3 => Just(Dict::new()),
        1 => Just(Dict::new().with("progress", true)),
        1 => (1..12_u64).prop_map(|n| Dict::new().with("subscription", n).with("registration", n).with("mode", "kill")),
    ]
}

fn payload() -> Payload {
    Payload { serializer: Serializer::Json, args: Some(Bytes::from_static(b"[1]")), kwargs: None }
}

fn message() -> impl Strategy<Value = Message> {
    let code = prop_oneof![Just(16), Just(32), Just(34), Just(48), Just(64), Just(66), 0..80_u64];
    prop_oneof![
        (id(), details()).prop_map(|(session, details)| Message::Welcome(Welcome { session, details })),
        details().prop_map(|details| Message::Abort(Abort { details, reason: "no".into() })),
        details().prop_map(|extra| Message::Challenge(Challenge { method: "ticket".into(), extra })),
        details().prop_map(|details| Message::Goodbye(Goodbye { details, reason: "bye".into() })),
        (code, id(), details()).prop_map(|(request_type, request, details)| Message::Error(Error {
            request_type,
            request,
            details,
            error: "e".into(),
            payload: payload()
        })),
        (id(), id()).prop_map(|(request, publication)| Message::Published(Published { request, publication })),
        (id(), id()).prop_map(|(request, subscription)| Message::Subscribed(Subscribed { request, subscription })),
        (proptest::option::of(id()), details())
            .prop_map(|(request, details)| Message::Unsubscribed(Unsubscribed { request, details })),
        (id(), id(), details()).prop_map(|(subscription, publication, details)| Message::Event(Event {
            subscription,
            publication,
            details,
            payload: payload()
        })),
        (id(), details()).prop_map(|(request, details)| Message::Result(CallResult {
            request,
            details,
            payload: payload()
        })),
        (id(), id()).prop_map(|(request, registration)| Message::Registered(Registered { request, registration })),
        (proptest::option::of(id()), details())
            .prop_map(|(request, details)| Message::Unregistered(Unregistered { request, details })),
        (id(), id(), details()).prop_map(|(request, registration, details)| Message::Invocation(Invocation {
            request,
            registration,
            details,
            payload: payload()
        })),
        (id(), details()).prop_map(|(request, options)| Message::Interrupt(Interrupt { request, options })),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let number = 1..4_u64;
    prop_oneof![
        2 => Just(Step::Connect),
        1 => Just(Step::Proceed),
        1 => prop_oneof![Just(Step::Disconnect), Just(Step::Abort)],
        8 => prop_oneof![4 => Just(Step::Opened(true)), 1 => Just(Step::Opened(false))],
        1 => Just(Step::Failed),
        2 => Just(Step::Lost),
        20 => Just(Step::Answer),
        5 => (any::<usize>(), details()).prop_map(|(which, details)| Step::Push(which, details)),
        2 => message().prop_map(|message| Step::Say(Box::new(message))),
        1 => proptest::collection::vec(any::<u8>(), 0..12).prop_map(Step::Garbage),
        5 => any::<u16>().prop_map(Step::Wait),
        2 => number.clone().prop_map(Step::Subscribe),
        2 => number.clone().prop_map(Step::Unsubscribe),
        3 => number.clone().prop_map(Step::Register),
        2 => number.prop_map(Step::Unregister),
        2 => any::<bool>().prop_map(Step::Publish),
        4 => proptest::option::of(any::<u16>()).prop_map(Step::Call),
        1 => (1..20_u64).prop_map(Step::Cancel),
        3 => (1..10_u64, any::<bool>()).prop_map(|(n, progress)| Step::Yield(n, progress)),
        1 => (1..10_u64).prop_map(Step::Fail),
        2 => Just(Step::Authenticate),
        1 => Just(Step::Refuse),
        8 => any::<u8>().prop_map(Step::Hear),
        1 => prop_oneof![4 => Just(Step::Reconnects(true)), 1 => Just(Step::Reconnects(false))],
    ]
}

fn settings(auto_reconnect: bool) -> Settings {
    Settings {
        realm: Some("realm1".into()),
        auto_reconnect,
        max_retries: 3,
        max_queued_messages: 6,
        reconnect: Backoff { factor: 1.5, jitter: 0.2, ..Backoff::default() },
        ..Settings::default()
    }
}

/// The transport as the driver sees it.
#[derive(PartialEq, Eq, Debug)]
enum Transport {
    None,
    Opening,
    Open(Serializer),
}

struct World {
    machine: ClientMachine,
    now: Instant,
    transport: Transport,
    /// What the router has received and not answered.
    inbox: Vec<Message>,
    last_id: u64,
    /// The ids of subscriptions and registrations that it gave.
    given: Vec<Id>,
    invoked: u64,
    /// Requests without an outcome; false for those that need none.
    open: HashMap<u64, bool>,
    /// Whether the machine is in a life.
    alive: bool,
    /// Lives that have begun and whose end the program has not heard.
    lives: u32,
}

impl World {
    fn new() -> Self {
        Self {
            machine: ClientMachine::new(settings(true)),
            now: Duration::from_secs(1),
            transport: Transport::None,
            inbox: Vec::new(),
            last_id: 0,
            given: Vec::new(),
            invoked: 0,
            open: HashMap::new(),
            alive: false,
            lives: 0,
        }
    }

    fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Connect => self.machine.connect(now),
            Step::Proceed => self.machine.proceed(now),
            Step::Disconnect => self.machine.disconnect(now),
            Step::Abort => self.machine.abort(now),
            Step::Opened(json) => self.opened(if json { Serializer::Json } else { Serializer::MsgPack }),
            Step::Failed if self.transport == Transport::Opening => {
                self.transport = Transport::None;
                self.machine.transport_failed("refused", now);
                self.end_silently();
            }
            Step::Lost if self.transport != Transport::None => {
                self.transport = Transport::None;
                self.machine.transport_closed(now);
                self.end_silently();
            }
            Step::Failed | Step::Lost => {}
            Step::Answer => self.answer(),
            Step::Push(which, details) => self.push(which, details),
            Step::Say(message) => self.say(&message),
            Step::Garbage(frame) => self.machine.handle_frame(frame.into(), now),
            Step::Wait(milliseconds) => self.wait(milliseconds),
            Step::Authenticate => self.machine.authenticate("s", Dict::new(), now),
            Step::Refuse => self.machine.refuse_challenge("no", now),
            Step::Hear(n) => (0..n % 8).for_each(|_| _ = self.hear()),
            Step::Reconnects(reconnects) => self.machine.configure(settings(reconnects)),
            request => self.request(request),
        }
        self.drive();
    }

    fn opened(&mut self, serializer: Serializer) {
        if self.transport == Transport::Opening {
            self.transport = Transport::Open(serializer);
            self.inbox.clear();
            self.given.clear();
            self.invoked = 0;
            self.machine.transport_opened(serializer, self.now);
        }
    }

    /// A first connection that never opened ends a life without a word.
    fn end_silently(&mut self) {
        if self.machine.state() == State::Idle {
            self.alive = false;
            self.lives -= 1;
        }
    }

    fn request(&mut self, step: Step) {
        let (now, machine) = (self.now, &mut self.machine);
        let number = match step {
            Step::Subscribe(n) => machine.subscribe(n, "t", Dict::new(), now),
            Step::Unsubscribe(n) => machine.unsubscribe(n, now),
            Step::Register(n) => machine.register(n, "p", Dict::new(), now),
            Step::Unregister(n) => machine.unregister(n, now),
            Step::Publish(ack) => {
                let number = machine.publish("t", payload(), Dict::new().with("acknowledge", ack), now);
                return self.opened_request(number.ok(), ack);
            }
            Step::Call(None) => machine.call("p", payload(), Dict::new(), now),
            Step::Call(Some(limit)) => machine.call("p", payload(), Dict::new().with("timeout", u64::from(limit)), now),
            Step::Cancel(n) => {
                let known = machine.cancel(n, Dict::new(), now);
                assert!(!known || self.open.contains_key(&n), "{n} is over");
                return;
            }
            Step::Yield(n, progress) => {
                return machine.yield_result(n, Dict::new().with("progress", progress), payload());
            }
            Step::Fail(n) => return machine.yield_error(n, "e", Dict::new(), payload()),
            _ => unreachable!("{step:?}"),
        };
        self.opened_request(number.ok(), true);
    }

    fn opened_request(&mut self, number: Option<u64>, answered: bool) {
        let Some(number) = number else { return };
        let before = self.open.insert(number, answered);
        assert_ne!(before, Some(true), "number {number} is in use");
    }

    fn wait(&mut self, milliseconds: u16) {
        let end = self.now + Duration::from_millis(u64::from(milliseconds));
        while let Some(at) = self.machine.next_deadline().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.machine.handle_timeout(self.now);
            self.drive();
            assert!(self.machine.next_deadline() != Some(at) || self.machine.state() == State::Waiting, "no progress");
        }
        self.now = end;
    }

    /// Carries out the actions, checking that they fit the transport.
    fn drive(&mut self) {
        while let Some(action) = self.machine.poll_action() {
            match (action, &self.transport) {
                (Action::Connect, Transport::None) => {
                    self.transport = Transport::Opening;
                    self.lives += u32::from(!std::mem::replace(&mut self.alive, true));
                }
                (Action::Send(frame), Transport::Open(serializer)) => {
                    self.inbox.push(serializer.decode(frame).unwrap());
                }
                (Action::Close, Transport::Open(_)) => {}
                (Action::Drop, _) => self.transport = Transport::None,
                (action, transport) => panic!("{action:?} with the transport {transport:?}"),
            }
        }
        self.alive &= self.machine.state() != State::Ended;
    }

    fn say(&mut self, message: &Message) {
        let Transport::Open(serializer) = self.transport else { return };
        let frame = serializer.encode(message).unwrap();
        self.machine.handle_frame(frame, self.now);
    }

    /// Answers the oldest message that asks for an answer, as a router should.
    fn answer(&mut self) {
        if self.inbox.is_empty() {
            return;
        }
        self.last_id += 1;
        let id = Id::new(self.last_id).unwrap();
        let answer = match self.inbox.remove(0) {
            Message::Hello(_) if self.last_id.is_multiple_of(4) => {
                Message::Challenge(Challenge { method: "ticket".into(), extra: Dict::new() })
            }
            Message::Hello(_) | Message::Authenticate(_) => {
                Message::Welcome(Welcome { session: id, details: Dict::new() })
            }
            Message::Goodbye(_) => Message::Goodbye(Goodbye { details: Dict::new(), reason: "bye".into() }),
            Message::Subscribe(m) => {
                self.given.push(id);
                Message::Subscribed(Subscribed { request: m.request, subscription: id })
            }
            Message::Register(m) => {
                self.given.push(id);
                Message::Registered(Registered { request: m.request, registration: id })
            }
            Message::Unsubscribe(m) => {
                Message::Unsubscribed(Unsubscribed { request: Some(m.request), details: Dict::new() })
            }
            Message::Unregister(m) => {
                Message::Unregistered(Unregistered { request: Some(m.request), details: Dict::new() })
            }
            Message::Publish(m) => Message::Published(Published { request: m.request, publication: id }),
            Message::Call(m) => {
                Message::Result(CallResult { request: m.request, details: Dict::new(), payload: payload() })
            }
            _ => return,
        };
        self.say(&answer);
    }

    /// Any of the ids may be a subscription's or a registration's; the wrong one is just an unknown id.
    fn push(&mut self, which: usize, details: Dict) {
        if self.given.is_empty() {
            return;
        }
        let id = self.given[which % self.given.len()];
        self.invoked += 1;
        let request = Id::new(self.invoked).unwrap();
        self.say(&match which % 5 {
            0 => Message::Event(Event { subscription: id, publication: id, details, payload: payload() }),
            1 => Message::Interrupt(Interrupt { request: Id::new(self.invoked.max(2) - 1).unwrap(), options: details }),
            _ => Message::Invocation(Invocation { request, registration: id, details, payload: payload() }),
        });
    }

    fn hear(&mut self) -> bool {
        let heard = self.machine.poll_notice();
        self.drive();
        match &heard {
            None => return false,
            Some(Notice::Acknowledged { request, .. }) => self.outcome(*request),
            Some(Notice::Failed { request, .. }) => self.outcome(*request),
            Some(Notice::Result { request, progress: false, .. }) => self.outcome(*request),
            Some(Notice::Result { request, progress: true, .. }) => {
                assert!(self.open.contains_key(request), "a result of {request}, which is over");
            }
            Some(Notice::Closed) => {
                self.lives = self.lives.checked_sub(1).unwrap_or_else(|| panic!("closed twice"));
            }
            Some(_) => {}
        }
        true
    }

    fn outcome(&mut self, request: u64) {
        assert!(self.open.remove(&request).is_some(), "a second outcome of {request}");
    }

    fn assert_consistent(&self) {
        let machine = &self.machine;
        assert_eq!(machine.session().is_some(), machine.state().has_session());
        assert_eq!(machine.role("broker").is_some(), machine.state().has_session());
        let timed = matches!(
            machine.state(),
            State::Joining | State::Challenged | State::Leaving | State::Closing(_) | State::Waiting | State::Announced
        );
        assert!(!timed || machine.next_deadline().is_some(), "{:?} for ever", machine.state());
        let has_transport = !matches!(machine.state(), State::Idle | State::Waiting | State::Announced | State::Ended);
        assert_eq!(self.transport != Transport::None, has_transport, "{:?}", machine.state());
    }

    /// Leaves, hears everything, and finds nothing left.
    fn finish(&mut self) {
        self.step(Step::Disconnect);
        self.step(Step::Wait(u16::MAX));
        self.step(Step::Disconnect);
        while self.hear() {}
        assert_eq!((self.machine.state(), self.machine.next_deadline()), (State::Idle, None));
        assert_eq!((self.alive, self.lives), (false, 0), "a life without an end");
        let unanswered: Vec<_> = self.open.iter().filter(|(_, answered)| **answered).collect();
        assert!(unanswered.is_empty(), "{unanswered:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_has_one_outcome_and_every_life_one_end(
        prefix in 0..4_usize,
        steps in proptest::collection::vec(step(), 0..150),
    ) {
        let mut world = World::new();
        for step in [Step::Connect, Step::Opened(true), Step::Answer].into_iter().take(prefix).chain(steps) {
            world.step(step);
            world.assert_consistent();
        }
        world.finish();
    }
}
