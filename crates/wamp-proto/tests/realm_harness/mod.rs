//! A realm with clients that are nothing but lists of messages: say something, look at who received what.
#![allow(dead_code, unused_macros, unused_imports, clippy::unwrap_used, clippy::panic, unreachable_pub)]

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use bytestring::ByteString;
pub use wamp_proto::message::*;
use wamp_proto::router::{Identity, JoinStep, Joining, Output, Question, RealmConfig, RealmMachine};
pub use wamp_proto::{Dict, Entropy, Id, Message, Payload, Serializer, Value, reason};

/// Random numbers that are the same in every run.
pub struct Counter(pub u64);

impl Entropy for Counter {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 29)
    }
}

pub fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The realm `realm1` and what its clients have received but not looked at.
pub struct Realm {
    pub machine: RealmMachine,
    pub now: Duration,
    entropy: Counter,
    inbox: HashMap<Id, VecDeque<Message>>,
    closed: Vec<Id>,
    /// What the machine wants to be decided.
    pub questions: VecDeque<Question>,
}

/// What a callee can announce.
pub const EVERYTHING: &[&str] = &[
    "call_canceling",
    "progressive_call_results",
    "progressive_call_invocations",
    "call_timeout",
    "registration_revocation",
    "payload_passthru_mode",
    "call_reroute",
];

/// HELLO's details with all four roles, everything that the others can announce, and these features of the callee.
pub fn hello_details(callee: &[&str]) -> Dict {
    hello_details_of(&["progressive_call_invocations", "payload_passthru_mode"], callee)
}

/// The same with these features of the caller and of the callee.
pub fn hello_details_of(caller: &[&str], callee: &[&str]) -> Dict {
    let roles = [
        ("publisher", &["payload_passthru_mode"][..]),
        ("subscriber", &["payload_passthru_mode"]),
        ("caller", caller),
        ("callee", callee),
    ];
    Dict::new().with("roles", roles.into_iter().map(|(name, features)| (name, role(features))).collect::<Dict>())
}

fn role(features: &[&str]) -> Dict {
    Dict::new().with("features", features.iter().map(|feature| (*feature, true)).collect::<Dict>())
}

impl Realm {
    pub fn new() -> Self {
        Self::with(RealmConfig::open("realm1"))
    }

    pub fn with(config: RealmConfig) -> Self {
        let machine = RealmMachine::new(config, Box::new(Counter(1)));
        Self {
            machine,
            now: Duration::ZERO,
            entropy: Counter(7),
            inbox: HashMap::new(),
            closed: Vec::new(),
            questions: VecDeque::new(),
        }
    }

    /// A client with all roles, whose callee has all features.
    pub fn join(&mut self) -> Id {
        self.join_with(hello_details(EVERYTHING))
    }

    pub fn join_with(&mut self, details: Dict) -> Id {
        let config = self.machine.config().clone();
        let realms = HashMap::from([(config.name.clone(), config)]);
        let hello = Message::Hello(Hello { realm: "realm1".into(), details });
        let step = Joining::new(SystemTime::UNIX_EPOCH).handle(hello, &realms, &mut self.entropy, self.now);
        let JoinStep::Join(identity) = step else { panic!("not let in: {step:?}") };
        self.enter(identity)
    }

    /// A client with all roles, whose connection looks like that.
    pub fn join_over(&mut self, transport: Dict) -> Id {
        let identity = self.identity("anna", "staff", hello_details(EVERYTHING));
        self.enter(Identity { transport, ..identity })
    }

    pub fn join_as(&mut self, authid: &str, authrole: &str) -> Id {
        self.join_as_with(authid, authrole, hello_details(EVERYTHING))
    }

    pub fn join_as_with(&mut self, authid: &str, authrole: &str, details: Dict) -> Id {
        let identity = self.identity(authid, authrole, details);
        self.enter(identity)
    }

    pub fn identity(&mut self, authid: &str, authrole: &str, details: Dict) -> Identity {
        Identity {
            realm: "realm1".into(),
            session: Id::random(&mut self.entropy),
            authid: authid.into(),
            authrole: authrole.into(),
            authmethod: "test".into(),
            authprovider: "test".into(),
            authextra: Dict::new(),
            client_ip: None,
            trust_level: None,
            transport: Dict::new(),
            details,
            visits: false,
        }
    }

    /// The features of that role in the WELCOME of one who joins now.
    pub fn features(&mut self, role: &str) -> Dict {
        let identity = self.identity("anna", "staff", hello_details(EVERYTHING));
        let (_, Message::Welcome(welcome)) = self.machine.join(identity, self.now) else { panic!("no WELCOME") };
        welcome.details.dict("roles").unwrap().dict(role).unwrap().dict("features").unwrap().clone()
    }

    pub fn enter(&mut self, identity: Identity) -> Id {
        let (session, welcome) = self.machine.join(identity, self.now);
        assert!(matches!(welcome, Message::Welcome(_)));
        self.inbox.insert(session, VecDeque::new());
        self.collect();
        session
    }

    pub fn say(&mut self, from: Id, message: impl Into<Message>) {
        self.machine.handle(from, message.into(), self.now);
        self.collect();
    }

    pub fn leave(&mut self, session: Id) {
        self.machine.leave(session, self.now);
        self.collect();
    }

    /// The virtual clock goes on to what is due and no further than that time.
    pub fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(deadline) = self.machine.next_deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.machine.handle_timeout(self.now);
            self.collect();
        }
        self.now = until;
    }

    pub fn collect(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send { to, message } => self.deliver(to, message),
                Output::Broadcast { to, message } => {
                    assert!(to.len() > 1);
                    to.into_iter().for_each(|to| self.deliver(to, message.clone()));
                }
                Output::Close { session } => self.closed.push(session),
                Output::Ask(question) => self.questions.push_back(*question),
            }
        }
    }

    fn deliver(&mut self, to: Id, message: Message) {
        assert!(!self.closed.contains(&to), "a message after the end of the session: {message:?}");
        self.inbox.get_mut(&to).unwrap().push_back(message);
    }

    /// Everything that the client received since the last look.
    pub fn received(&mut self, client: Id) -> Vec<Message> {
        self.inbox.get_mut(&client).unwrap().drain(..).collect()
    }

    /// The same, without taking it.
    pub fn peek(&self, client: Id) -> Vec<Message> {
        self.inbox[&client].iter().cloned().collect()
    }

    /// The one message that the client received since the last look.
    pub fn one(&mut self, client: Id) -> Message {
        let mut messages = self.received(client);
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    /// All who have ever joined.
    pub fn everybody(&self) -> Vec<Id> {
        self.inbox.keys().copied().collect()
    }

    pub fn is_closed(&self, client: Id) -> bool {
        self.closed.contains(&client)
    }

    /// The client broke the protocol: it got ABORT and nothing else, and its session is over.
    pub fn assert_aborted(&mut self, client: Id) {
        let Message::Abort(abort) = self.one(client) else { panic!("no ABORT") };
        assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
        assert!(self.is_closed(client));
    }

    pub fn subscribe(&mut self, client: Id, topic: &str, options: Dict) -> Id {
        self.say(client, Subscribe { request: id(1), options, topic: topic.into() });
        let answer = self.inbox.get_mut(&client).unwrap().pop_front();
        let Some(Message::Subscribed(subscribed)) = answer else { panic!("not subscribed: {answer:?}") };
        assert_eq!(subscribed.request, id(1));
        subscribed.subscription
    }

    pub fn register(&mut self, client: Id, procedure: &str, options: Dict) -> Id {
        self.say(client, Register { request: id(1), options, procedure: procedure.into() });
        let answer = self.one(client);
        let Message::Registered(registered) = answer else { panic!("not registered: {answer:?}") };
        registered.registration
    }

    /// The error of the REGISTER that must fail.
    pub fn register_error(&mut self, client: Id, procedure: &str, options: Dict) -> ByteString {
        self.say(client, Register { request: id(1), options, procedure: procedure.into() });
        let error = self.error(client);
        assert_eq!((error.request_type, error.request), (64, id(1)));
        error.error
    }

    pub fn publish(&mut self, client: Id, topic: &str, options: Dict) {
        self.say(client, publish(topic, options));
    }

    /// Calls without arguments.
    pub fn call(&mut self, client: Id, request: u64, procedure: &str, options: Dict) {
        self.say(client, call(request, procedure, options));
    }

    /// The results of a meta procedure.
    pub fn meta(&mut self, client: Id, procedure: &str, args: &[Value]) -> Vec<Value> {
        self.say(client, meta_call(procedure, args, None));
        values(&self.result(client).payload)
    }

    /// The error of a meta procedure.
    pub fn meta_error(&mut self, client: Id, procedure: &str, args: &[Value]) -> ByteString {
        self.say(client, meta_call(procedure, args, None));
        let error = self.error(client);
        assert_eq!((error.request_type, error.request), (48, id(1)));
        error.error
    }

    pub fn invocation(&mut self, callee: Id) -> Invocation {
        let message = self.one(callee);
        let Message::Invocation(invocation) = message else { panic!("no INVOCATION: {message:?}") };
        invocation
    }

    pub fn error(&mut self, client: Id) -> Error {
        let message = self.one(client);
        let Message::Error(error) = message else { panic!("no ERROR: {message:?}") };
        error
    }

    pub fn result(&mut self, client: Id) -> CallResult {
        let message = self.one(client);
        let Message::Result(result) = message else { panic!("no RESULT: {message:?}") };
        result
    }

    pub fn interrupt(&mut self, client: Id) -> Interrupt {
        let message = self.one(client);
        let Message::Interrupt(interrupt) = message else { panic!("no INTERRUPT: {message:?}") };
        interrupt
    }

    pub fn events(&mut self, client: Id) -> Vec<Event> {
        let event = |message| match message {
            Message::Event(event) => event,
            other => panic!("no EVENT: {other:?}"),
        };
        self.received(client).into_iter().map(event).collect()
    }

    /// YIELD without options.
    pub fn answer(&mut self, callee: Id, invocation: Id, args: &str) {
        self.say(callee, Yield { request: invocation, options: Dict::new(), payload: json(args) });
    }
}

/// JSON arguments.
pub fn json(args: &str) -> Payload {
    Payload { serializer: Serializer::Json, args: Some(args.as_bytes().to_vec().into()), kwargs: None }
}

/// What only one format can say: a date and a fraction of CBOR, an extension of MessagePack, a number of JSON that no 64
/// bits hold.
pub fn of_one_format_alone() -> [Payload; 3] {
    let payload = |serializer, args: &'static [u8], kwargs: &'static [u8]| Payload {
        serializer,
        args: Some(Bytes::from_static(args)),
        kwargs: Some(Bytes::from_static(kwargs)),
    };
    [
        payload(
            Serializer::Cbor,
            b"\x82\xc1\x1a\x51\x4b\x67\xb0\xc4\x82\x20\x03",
            b"\xa1\x61a\xc2\x49\x01\0\0\0\0\0\0\0\0",
        ),
        payload(Serializer::MsgPack, b"\x91\xd4\x05\x01", b"\x81\xa1a\xca\x3f\x80\0\0"),
        payload(Serializer::Json, b"[123456789012345678901234567890, 1.0e2]", br#"{"a":"\u0000AAE=" }"#),
    ]
}

pub fn publish(topic: &str, options: Dict) -> Publish {
    Publish { request: id(9), options, topic: topic.into(), payload: json("[1]") }
}

pub fn call(request: u64, procedure: &str, options: Dict) -> Call {
    Call { request: id(request), options, procedure: procedure.into(), payload: json("[1]") }
}

/// A call of a meta procedure.
pub fn meta_call(procedure: &str, args: &[Value], kwargs: Option<Dict>) -> Call {
    let payload = Payload::from_values(Serializer::MsgPack, Some(args.to_vec()), kwargs);
    Call { payload, ..call(1, procedure, none()) }
}

/// The positional arguments.
pub fn values(payload: &Payload) -> Vec<Value> {
    let Some(args) = &payload.args else { return Vec::new() };
    payload.serializer.read_value(args).unwrap().as_list().unwrap().to_vec()
}

pub fn none() -> Dict {
    Dict::new()
}

pub fn with(key: &str, value: impl Into<Value>) -> Dict {
    Dict::new().with(key, value)
}
