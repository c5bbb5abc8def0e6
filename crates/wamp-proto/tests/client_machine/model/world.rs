//! A machine and the model side by side, with the network, the router and the program around them. Beside what the
//! model says, some rules are checked that hold whatever the model says.

use std::collections::HashMap;
use std::time::Duration;

use wamp_proto::client::{Action, Backoff, ClientMachine, Notice, Settings, State};
use wamp_proto::message::*;
use wamp_proto::{DecodeError, Dict, Id, Instant, Message, Serializer};

use super::ledger::Kind;
use super::lines::{line, short};
use super::reference::Model;
use super::steps::{Step, payload};
use crate::told::told;

pub fn settings(reconnects: bool, retries_first: bool, realm: bool, named: bool) -> Settings {
    Settings {
        details: if named { Dict::new().with("authid", "ann") } else { Dict::new() },
        realm: realm.then(|| "realm1".into()),
        auto_reconnect: reconnects,
        retry_first_connect: retries_first,
        max_retries: 3,
        max_queued_messages: 6,
        reconnect: Backoff { factor: 1.5, ..Backoff::default() },
        ..Settings::default()
    }
}

/// The transport as the driver sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Transport {
    None,
    Opening,
    Open(Serializer),
    /// Ours is closed, the peer's is not: nothing more is sent.
    Closing(Serializer),
}

/// Calls a method of the machine and of the model.
macro_rules! both {
    ($world:ident.$method:ident($($argument:expr),*)) => {{
        $world.machine.$method($($argument),*);
        $world.model.$method($($argument),*);
    }};
}

pub struct World {
    machine: ClientMachine,
    model: Model,
    now: Instant,
    transport: Transport,
    /// What the router has received and not answered.
    inbox: Vec<Message>,
    last_id: u64,
    /// The ids of subscriptions and registrations that the router gave.
    given: Vec<Id>,
    invoked: u64,
    /// The id of the last request, and whether the session is open, as the router sees it.
    last_request: u64,
    welcomed: bool,
    /// Requests without an outcome; false for those that need none.
    open: HashMap<u64, bool>,
    /// Whether the machine is in a life.
    alive: bool,
    /// Lives that have begun and whose end the program has not heard.
    lives: u32,
    /// Whether the program forgets everything when it hears of the end, as Loowy's does.
    forgets: bool,
    /// Counts what is published, called and answered, so that each is different.
    said: u64,
}

impl World {
    pub fn new(forgets: bool) -> Self {
        let settings = settings(true, false, true, false);
        Self {
            machine: ClientMachine::new(settings.clone()),
            model: Model::new(settings),
            now: Duration::from_secs(1),
            transport: Transport::None,
            inbox: Vec::new(),
            last_id: 0,
            given: Vec::new(),
            invoked: 0,
            last_request: 0,
            welcomed: false,
            open: HashMap::new(),
            alive: false,
            lives: 0,
            forgets,
            said: 0,
        }
    }

    pub fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Connect => both!(self.connect(now)),
            Step::Proceed => both!(self.proceed(now)),
            Step::Disconnect => both!(self.disconnect(now)),
            Step::Abort => both!(self.abort(now)),
            Step::Opened(serializer) => self.opened(serializer),
            Step::Failed => self.failed(),
            Step::Lost => self.lost(),
            Step::Wait(milliseconds) => self.wait(milliseconds),
            Step::Oversleep(milliseconds) => self.oversleep(milliseconds),
            Step::Authenticate => both!(self.authenticate("s", Dict::new(), now)),
            Step::RefuseChallenge => both!(self.refuse_challenge("no", now)),
            Step::Hear(n) => (0..n % 8).for_each(|_| _ = self.hear()),
            Step::Configure { reconnects, retries_first, realm, named } => {
                let ended = self.machine.state() == State::Ended;
                both!(self.configure(settings(reconnects, retries_first, realm, named)));
                // A login that the program has not heard of begins anew in the same life, be it over.
                self.alive |= ended && self.machine.state() != State::Ended;
            }
            Step::Congested(congested) => {
                self.machine.set_unsent(if congested { usize::MAX } else { 0 });
                self.model.congested = congested;
            }
            step => self.talk(step),
        }
        self.drive();
        self.assert_consistent();
    }

    fn talk(&mut self, step: Step) {
        match step {
            Step::Answer(which) => self.answer(which),
            Step::Refuse => self.refuse(),
            Step::Progress => self.progress(),
            Step::Push(which, details) => self.push(which, details),
            Step::Say(message) => self.say(*message),
            Step::Garbage(frame) => self.garbage(frame),
            request => self.request(request),
        }
    }

    // The network -------------------------------------------------------------------------------------------------------

    fn opened(&mut self, serializer: Serializer) {
        if self.transport != Transport::Opening {
            return;
        }
        self.transport = Transport::Open(serializer);
        self.inbox.clear();
        self.given.clear();
        (self.invoked, self.last_request, self.welcomed) = (0, 0, false);
        both!(self.transport_opened(serializer, self.now));
    }

    fn failed(&mut self) {
        if self.transport == Transport::Opening {
            self.transport = Transport::None;
            both!(self.transport_failed("refused", self.now));
            self.end_silently();
        }
    }

    fn lost(&mut self) {
        if self.transport != Transport::None {
            self.transport = Transport::None;
            both!(self.transport_closed(self.now));
            self.end_silently();
        }
    }

    /// A first connection that never opened ends a life without a word.
    fn end_silently(&mut self) {
        if self.machine.state() == State::Idle {
            self.alive = false;
            self.lives -= 1;
        }
    }

    fn wait(&mut self, milliseconds: u16) {
        let end = self.now + Duration::from_millis(u64::from(milliseconds));
        let mut at_once = 0;
        while let Some(at) = self.machine.next_deadline().filter(|&at| at <= end) {
            at_once = if at <= self.now { at_once + 1 } else { 0 };
            assert!(at_once < 4, "the clock stands still at {at:?} while {:?}", self.machine.state());
            self.now = self.now.max(at);
            both!(self.handle_timeout(self.now));
            self.drive();
            self.assert_consistent();
        }
        self.now = end;
    }

    fn oversleep(&mut self, milliseconds: u16) {
        self.now += Duration::from_millis(u64::from(milliseconds));
        both!(self.handle_timeout(self.now));
    }

    /// Carries out the actions, checking that they fit the transport.
    fn drive(&mut self) {
        let mut did = Vec::new();
        while let Some(action) = self.machine.poll_action() {
            did.push(match (action, self.transport) {
                (Action::Connect, Transport::None) => {
                    self.transport = Transport::Opening;
                    self.lives += u32::from(!std::mem::replace(&mut self.alive, true));
                    "Connect".into()
                }
                (Action::Send(frame), Transport::Open(serializer)) => self.sent(serializer.decode(frame).unwrap()),
                (Action::Close, Transport::Open(serializer)) => {
                    self.transport = Transport::Closing(serializer);
                    "Close".into()
                }
                (Action::Drop, _) => {
                    self.transport = Transport::None;
                    "Drop".into()
                }
                (action, transport) => panic!("{action:?} with the transport {transport:?}"),
            });
        }
        assert_eq!(did, std::mem::take(&mut self.model.did));
        self.alive &= self.machine.state() != State::Ended;
    }

    /// A message leaves. Requests count from 1 without gaps, and only a session has them.
    fn sent(&mut self, message: Message) -> String {
        if let Message::Subscribe(Subscribe { request, .. })
        | Message::Unsubscribe(Unsubscribe { request, .. })
        | Message::Register(Register { request, .. })
        | Message::Unregister(Unregister { request, .. })
        | Message::Publish(Publish { request, .. })
        | Message::Call(Call { request, .. }) = &message
        {
            self.last_request += 1;
            assert_eq!(request.get(), self.last_request);
        }
        let opens = matches!(message, Message::Hello(_) | Message::Authenticate(_) | Message::Abort(_));
        assert!(self.welcomed || opens, "before WELCOME: {message:?}");
        let sent = line(&message);
        self.inbox.push(message);
        sent
    }

    fn assert_consistent(&self) {
        let Self { machine, model, .. } = self;
        assert_eq!(machine.state(), model.state);
        assert_eq!(machine.session(), model.session);
        assert_eq!(machine.session().is_some(), machine.state().has_session());
        assert_eq!(machine.role("broker").is_some(), machine.state().has_session());
        assert_eq!(machine.has_notice(), !model.told.is_empty() || model.state == State::Ended);
        // It may be woken for nothing, but never too late.
        if let Some(at) = model.next_deadline() {
            assert!(machine.next_deadline().is_some_and(|next| next <= at), "{:?} sleeps too long", machine.state());
        }
        let timed = matches!(
            machine.state(),
            State::Joining | State::Challenged | State::Leaving | State::Closing(_) | State::Waiting
        );
        assert_eq!(model.timer.is_some(), timed, "{:?}", machine.state());
        let has_transport = !matches!(machine.state(), State::Idle | State::Waiting | State::Announced | State::Ended);
        assert_eq!(self.transport != Transport::None, has_transport, "{:?}", machine.state());
        if model.is_quiet() {
            self.assert_nothing_kept();
        }
    }

    /// A machine for which nothing is open holds as much as a new one.
    fn assert_nothing_kept(&self) {
        let text = format!("{:?}", self.machine);
        for field in ["requests: Requests", "queue: Queue", "journal: Journal", "invocations: Invocations"] {
            let held = text.split_once(&format!(" {field} ")).unwrap().1;
            let mut depth = 0;
            let end = held.find(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth == 0
            });
            let held = &held[..=end.unwrap()];
            assert!(!held.contains("{1") && !held.contains("[Q") && !held.contains(": ("), "{field} {held}");
            for digit in '0'..='9' {
                assert!(!held.contains(&format!("{{{digit}")), "{field} {held}");
            }
        }
    }

    // The router --------------------------------------------------------------------------------------------------------

    fn serializer(&self) -> Option<Serializer> {
        match self.transport {
            Transport::Open(serializer) | Transport::Closing(serializer) => Some(serializer),
            Transport::None | Transport::Opening => None,
        }
    }

    fn say(&mut self, message: Message) {
        let Some(serializer) = self.serializer() else { return };
        self.welcomed |= matches!(message, Message::Welcome(_));
        self.machine.handle_frame(serializer.encode(&message).unwrap(), self.now);
        self.model.message(message, self.now);
    }

    fn garbage(&mut self, frame: Vec<u8>) {
        let Some(serializer) = self.serializer() else { return };
        match serializer.decode(frame.clone().into()) {
            Ok(message) => self.model.message(message, self.now),
            Err(DecodeError::UnknownCode(_)) => {}
            Err(_) => self.model.violation(self.now),
        }
        self.machine.handle_frame(frame.into(), self.now);
    }

    /// Answers one of the messages that ask for an answer, as a router should.
    fn answer(&mut self, which: u8) {
        if self.inbox.is_empty() {
            return;
        }
        self.last_id += 1;
        let id = Id::new(self.last_id).unwrap();
        let message = self.inbox.remove(usize::from(which) % self.inbox.len());
        if matches!(message, Message::Subscribe(_) | Message::Register(_)) {
            self.given.push(id);
        }
        let (details, payload) = (Dict::new(), self.payload());
        self.say(match message {
            Message::Hello(_) if self.last_id.is_multiple_of(4) => {
                Challenge { method: "ticket".into(), extra: details }.into()
            }
            Message::Hello(_) | Message::Authenticate(_) => Welcome { session: id, details }.into(),
            Message::Goodbye(_) => Goodbye { details, reason: "bye".into() }.into(),
            Message::Subscribe(Subscribe { request, .. }) => Subscribed { request, subscription: id }.into(),
            Message::Register(Register { request, .. }) => Registered { request, registration: id }.into(),
            Message::Unsubscribe(m) => Unsubscribed { request: Some(m.request), details }.into(),
            Message::Unregister(m) => Unregistered { request: Some(m.request), details }.into(),
            Message::Publish(Publish { request, .. }) => Published { request, publication: id }.into(),
            Message::Call(Call { request, .. }) => CallResult { request, details, payload }.into(),
            _ => return,
        });
    }

    /// Refuses the oldest of the requests.
    fn refuse(&mut self) {
        let code = |message: &Message| match message {
            Message::Subscribe(m) => Some((32, m.request)),
            Message::Unsubscribe(m) => Some((34, m.request)),
            Message::Register(m) => Some((64, m.request)),
            Message::Unregister(m) => Some((66, m.request)),
            Message::Publish(m) => Some((16, m.request)),
            Message::Call(m) => Some((48, m.request)),
            _ => None,
        };
        let Some(at) = self.inbox.iter().position(|message| code(message).is_some()) else { return };
        let (request_type, request) = code(&self.inbox.remove(at)).unwrap();
        let (details, payload) = (Dict::new(), self.payload());
        self.say(Error { request_type, request, details, error: "com.refused".into(), payload }.into());
    }

    fn progress(&mut self) {
        let call = |message: &Message| if let Message::Call(call) = message { Some(call.request) } else { None };
        let Some(request) = self.inbox.iter().find_map(call) else { return };
        let (details, payload) = (Dict::new().with("progress", true), self.payload());
        self.say(CallResult { request, details, payload }.into());
    }

    /// Any of the ids may be a subscription's or a registration's; the wrong one is just an unknown id.
    fn push(&mut self, which: usize, details: Dict) {
        if self.given.is_empty() {
            return;
        }
        let id = self.given[which % self.given.len()];
        self.invoked += 1;
        let (request, payload) = (Id::new(self.invoked).unwrap(), self.payload());
        self.say(match which % 5 {
            0 => Event { subscription: id, publication: id, details, payload }.into(),
            1 => Interrupt { request: Id::new(self.invoked.max(2) - 1).unwrap(), options: details }.into(),
            _ => Invocation { request, registration: id, details, payload }.into(),
        });
    }

    fn payload(&mut self) -> wamp_proto::Payload {
        self.said += 1;
        payload(&format!("[{}]", self.said))
    }

    // The program -------------------------------------------------------------------------------------------------------

    fn request(&mut self, step: Step) {
        let (now, payload) = (self.now, self.payload());
        let none = Dict::new;
        let (number, expected, answered) = match step {
            Step::Ask(kind, n, options) => self.ask(kind, n, options),
            Step::Leave(kind, n) => {
                let number = match kind {
                    Kind::Subscription => self.machine.unsubscribe(n, now),
                    Kind::Registration => self.machine.unregister(n, now),
                };
                (number.ok(), self.model.leave(kind, n), true)
            }
            Step::Publish(acknowledge) => {
                let options = none().with("acknowledge", acknowledge);
                let number = self.machine.publish("t", payload.clone(), options.clone(), now);
                (number.ok(), self.model.publish("t", payload, options), acknowledge)
            }
            Step::Call(limit) => {
                let options = limit.map_or_else(none, |limit| none().with("timeout", u64::from(limit)));
                let number = self.machine.call("p", payload.clone(), options.clone(), now);
                (number.ok(), self.model.call("p", payload, options, now), true)
            }
            other => return self.answer_or_cancel(other, payload),
        };
        assert_eq!(number, expected);
        let Some(number) = number else { return };
        assert_ne!(self.open.insert(number, answered), Some(true), "number {number} is in use");
    }

    fn ask(&mut self, kind: Kind, number: u64, options: u8) -> (Option<u64>, Option<u64>, bool) {
        let policy = ["prefix", "wildcard"][usize::from(options)];
        let (uri, options) = (format!("u{number}"), Dict::new().with("match", policy));
        let (machine, now) = (&mut self.machine, self.now);
        let asked = match kind {
            Kind::Subscription => machine.subscribe(number, uri.clone(), options.clone(), now),
            Kind::Registration => machine.register(number, uri.clone(), options.clone(), now),
        };
        (asked.ok(), self.model.ask(kind, number, &uri, options), true)
    }

    fn answer_or_cancel(&mut self, step: Step, payload: wamp_proto::Payload) {
        match step {
            Step::Cancel(n) => {
                let known = self.machine.cancel(n, Dict::new(), self.now);
                assert_eq!(known, self.model.cancel(n, Dict::new()));
                assert!(!known || self.open.contains_key(&n), "{n} is over");
            }
            Step::Yield(n, progress) => {
                let options = Dict::new().with("progress", progress);
                both!(self.yield_result(n, options.clone(), payload.clone()));
            }
            Step::Fail(n) => both!(self.yield_error(n, "e", Dict::new(), payload.clone())),
            step => unreachable!("{step:?}"),
        }
    }

    fn hear(&mut self) -> bool {
        let heard = self.machine.poll_notice();
        assert_eq!(heard.clone().map(|notice| short(told(notice))), self.model.next(self.now));
        self.drive();
        match &heard {
            None => return false,
            Some(Notice::Acknowledged { request, .. } | Notice::Failed { request, .. }) => self.outcome(*request),
            Some(Notice::Result { request, progress: false, .. }) => self.outcome(*request),
            Some(Notice::Result { request, progress: true, .. }) => {
                let known = self.open.contains_key(request);
                assert!(known || self.forgets, "a result of {request}, which is over");
            }
            Some(Notice::Closed) => self.heard_the_end(),
            Some(_) => {}
        }
        true
    }

    fn heard_the_end(&mut self) {
        self.lives = self.lives.checked_sub(1).unwrap_or_else(|| panic!("closed twice"));
        if self.forgets {
            self.open.clear();
            both!(self.reset());
        }
    }

    fn outcome(&mut self, request: u64) {
        let known = self.open.remove(&request).is_some();
        assert!(known || self.forgets, "a second outcome of {request}");
    }

    /// Leaves, hears everything, and finds nothing left.
    pub fn finish(&mut self) {
        self.step(Step::Disconnect);
        self.step(Step::Wait(u16::MAX));
        self.step(Step::Disconnect);
        while self.hear() {}
        assert_eq!((self.machine.state(), self.machine.next_deadline()), (State::Idle, None));
        assert_eq!((self.alive, self.lives), (false, 0), "a life without an end");
        let unanswered: Vec<_> = self.open.iter().filter(|(_, answered)| **answered).collect();
        assert!(unanswered.is_empty(), "{unanswered:?}");
        assert!(self.model.is_quiet());
        self.assert_consistent();
    }
}
