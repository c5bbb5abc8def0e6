//! The model: what a program and a router may observe of a client, said as simply as possible. It keeps lists that it
//! searches, and lines of text for what has to be done and told.

use std::collections::VecDeque;
use std::time::Duration;

use wamp_proto::client::{Notice, Settings, State, Then};
use wamp_proto::message::*;
use wamp_proto::{Dict, Id, Instant, Message, Payload, Serializer, reason};

use super::ledger::{Kind, Ledger, Wish};
use super::lines::{line, short};
use crate::harness::no_args;
use crate::told::told;

/// A request that waits for a session.
#[derive(Clone, Debug)]
pub enum What {
    Ask(Kind, u64),
    Publish(String, Dict, Payload),
    Call(String, Dict, Payload),
}

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub struct Sent {
    id: Id,
    /// `None` for the client's own.
    number: Option<u64>,
    waits: Waits,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Waits {
    Ask(Kind, u64),
    Leave(Kind, u64, Id),
    Publish,
    Call,
}

impl Waits {
    const fn code(self) -> u64 {
        match self {
            Self::Ask(kind, _) => kind.codes().0,
            Self::Leave(kind, ..) => kind.codes().1,
            Self::Publish => Publish::CODE,
            Self::Call => Call::CODE,
        }
    }
}

pub struct Model {
    pub settings: Settings,
    pub state: State,
    pub session: Option<Id>,
    pub timer: Option<Instant>,
    attempts: u32,
    opened: bool,
    joined: bool,
    restart: bool,
    /// `connect` was the last thing that the program did or heard, and nothing was asked for; the last number then.
    unseen: Option<u64>,
    /// The number of the last request, and the id of the last one sent in this session.
    last: u64,
    last_id: u64,
    waiting: Vec<(u64, What)>,
    sent: Vec<Sent>,
    subscriptions: Ledger,
    registrations: Ledger,
    invocations: Vec<(u64, Id)>,
    last_invocation: u64,
    limits: Vec<(Instant, u64)>,
    pub congested: bool,
    pub did: Vec<String>,
    pub told: VecDeque<String>,
}

fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

impl Model {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::Idle,
            session: None,
            timer: None,
            attempts: 0,
            opened: false,
            joined: false,
            restart: false,
            unseen: None,
            last: 0,
            last_id: 0,
            waiting: Vec::new(),
            sent: Vec::new(),
            subscriptions: Ledger::default(),
            registrations: Ledger::default(),
            invocations: Vec::new(),
            last_invocation: 0,
            limits: Vec::new(),
            congested: false,
            did: Vec::new(),
            told: VecDeque::new(),
        }
    }

    pub fn configure(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, settings);
        let allowed = self.settings.auto_reconnect && self.attempts <= self.settings.max_retries;
        let trying = matches!(self.state, State::Announced | State::Connecting);
        if !allowed && trying && self.take_attempt_back() {
            self.stop_trying();
        }
        self.log_in_anew(&before);
    }

    fn log_in_anew(&mut self, before: &Settings) {
        let offers = before.serializers != self.settings.serializers;
        let joins = before.realm != self.settings.realm || before.details != self.settings.details;
        let matters = match self.state {
            State::Idle | State::Leaving | State::Closing(Then::End) => false,
            State::Connecting if !self.opened => offers,
            _ => offers || joins,
        };
        if !matters || self.settings.realm.is_none() || self.unseen != Some(self.last) {
            return;
        }
        if !matches!(self.state, State::Waiting | State::Announced | State::Ended) {
            self.did.push("Drop".into());
        }
        self.end_session();
        self.told.clear();
        (self.attempts, self.opened, self.joined, self.timer) = (0, false, false, None);
        self.open();
    }

    /// Nothing waits for anything.
    pub fn is_quiet(&self) -> bool {
        let ledgers = [&self.subscriptions, &self.registrations];
        let nothing = |l: &&Ledger| l.wishes.is_empty() && l.served.is_empty() && l.orphans.is_empty();
        self.waiting.is_empty()
            && self.sent.is_empty()
            && self.told.is_empty()
            && self.invocations.is_empty()
            && ledgers.iter().all(nothing)
    }

    /// When the client must be woken, at the latest.
    pub fn next_deadline(&self) -> Option<Instant> {
        let pending = |n: &u64| {
            self.sent.iter().any(|s| s.waits == Waits::Call && s.number == Some(*n))
                || self.waiting.iter().any(|(number, what)| number == n && matches!(what, What::Call(..)))
        };
        let limits = self.limits.iter().filter(|(_, n)| pending(n)).map(|&(at, _)| at);
        limits.chain(self.timer).min()
    }

    fn ledger(&mut self, kind: Kind) -> &mut Ledger {
        match kind {
            Kind::Subscription => &mut self.subscriptions,
            Kind::Registration => &mut self.registrations,
        }
    }

    fn tell(&mut self, message: impl Into<Message>) {
        self.did.push(line(&message.into()));
    }

    fn hear(&mut self, notice: Notice) {
        self.told.push_back(short(told(notice)));
    }

    fn error(&mut self, error: &str) {
        self.told.push_back(short(format!("error {error}")));
    }

    fn fail(&mut self, number: u64, error: &str) {
        self.told.push_back(format!("failed {number} {error}"));
    }

    fn done(&mut self, number: Option<u64>, id: Option<Id>) {
        let Some(request) = number else { return };
        self.hear(Notice::Acknowledged { request, id });
    }

    // The life ----------------------------------------------------------------------------------------------------------

    pub fn connect(&mut self, _: Instant) {
        match self.state {
            State::Idle => {
                let nothing = self.told.is_empty() && self.waiting.is_empty() && self.sent.is_empty();
                self.unseen = nothing.then_some(self.last);
                match self.settings.realm {
                    Some(_) => self.open(),
                    None => self.error("No realm specified!"),
                }
            }
            State::Waiting | State::Announced => self.open(),
            State::Leaving | State::Closing(_) | State::Ended => self.restart = true,
            State::Connecting | State::Joining | State::Challenged | State::Joined => {}
        }
    }

    pub fn proceed(&mut self, _: Instant) {
        if self.state == State::Announced && !self.told.iter().any(|line| line.starts_with("reconnecting ")) {
            self.open();
        }
    }

    pub fn disconnect(&mut self, now: Instant) {
        self.restart = false;
        self.unseen = None;
        match self.state {
            State::Joined => {
                self.goodbye(reason::SYSTEM_SHUTDOWN);
                self.enter(State::Leaving, self.settings.close_timeout, now);
            }
            State::Joining | State::Challenged => self.close(Then::End, now),
            State::Connecting | State::Waiting | State::Announced => {
                self.take_attempt_back();
                self.stop_trying();
            }
            State::Closing(_) => self.state = State::Closing(Then::End),
            State::Idle => self.forget(),
            State::Leaving | State::Ended => {}
        }
    }

    pub fn abort(&mut self, now: Instant) {
        self.unseen = None;
        match self.state {
            State::Joining | State::Challenged => {
                self.restart = false;
                self.tell_abort(reason::ABORT);
                self.close(Then::End, now);
            }
            State::Joined | State::Leaving => self.leave_session(now),
            _ => self.disconnect(now),
        }
    }

    pub fn transport_opened(&mut self, _: Serializer, now: Instant) {
        assert_eq!(self.state, State::Connecting);
        self.opened = true;
        let realm = self.settings.realm.clone().unwrap_or_default();
        self.tell(Hello { realm, details: self.settings.details.clone() });
        self.enter(State::Joining, self.settings.join_timeout, now);
    }

    pub fn transport_failed(&mut self, error: &str, now: Instant) {
        assert_eq!(self.state, State::Connecting);
        self.error(error);
        let retries = self.settings.auto_reconnect && self.settings.max_retries > 0;
        if self.opened || self.attempts > 0 || self.settings.retry_first_connect && retries {
            if retries { self.wait(now) } else { self.end() }
        } else {
            self.state = State::Idle;
        }
    }

    pub fn transport_closed(&mut self, now: Instant) {
        match self.state {
            State::Connecting => self.transport_failed("the connection was closed", now),
            State::Joining | State::Challenged | State::Joined | State::Closing(Then::Retry) => self.lose(now),
            State::Leaving | State::Closing(Then::End) => self.end(),
            State::Idle | State::Waiting | State::Announced | State::Ended => {}
        }
    }

    fn lose(&mut self, now: Instant) {
        self.end_session();
        if !self.settings.auto_reconnect || self.attempts >= self.settings.max_retries {
            self.end();
        } else if std::mem::take(&mut self.restart) {
            self.open();
        } else {
            self.wait(now);
        }
    }

    fn wait(&mut self, now: Instant) {
        let delay = self.settings.reconnect.delay(self.attempts, 0.0);
        self.enter(State::Waiting, delay, now);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        let mut due: Vec<(Instant, u64)> = self.limits.iter().copied().filter(|&(at, _)| at <= now).collect();
        due.sort_unstable();
        self.limits.retain(|&(at, _)| at > now);
        for (_, number) in due {
            self.call_timed_out(number);
        }
        if self.timer.is_some_and(|at| at <= now) {
            self.timer = None;
            self.state_timed_out(now);
        }
    }

    fn state_timed_out(&mut self, now: Instant) {
        match self.state {
            State::Joining | State::Challenged => {
                self.tell_abort(reason::TIMEOUT);
                self.error(reason::TIMEOUT);
                self.close(Then::Retry, now);
            }
            State::Leaving => self.leave_session(now),
            State::Closing(_) => {
                self.did.push("Drop".into());
                self.transport_closed(now);
            }
            State::Waiting if !self.settings.auto_reconnect || self.attempts >= self.settings.max_retries => self.end(),
            State::Waiting => {
                self.attempts += 1;
                self.hear(Notice::Reconnecting { attempt: self.attempts });
                (self.state, self.timer) = (State::Announced, None);
            }
            State::Idle | State::Connecting | State::Announced | State::Joined | State::Ended => {
                unreachable!("{:?}", self.state)
            }
        }
    }

    /// The program does not hear of its last attempt any more, if it has not yet.
    fn take_attempt_back(&mut self) -> bool {
        let unheard = self.told.iter().rposition(|line| line.starts_with("reconnecting "));
        unheard.and_then(|at| self.told.remove(at)).is_some()
    }

    fn stop_trying(&mut self) {
        if self.state == State::Connecting {
            self.did.push("Drop".into());
        }
        self.end();
    }

    fn enter(&mut self, state: State, limit: Duration, now: Instant) {
        (self.state, self.timer) = (state, Some(now + limit));
    }

    fn open(&mut self) {
        (self.state, self.timer) = (State::Connecting, None);
        self.did.push("Connect".into());
    }

    fn close(&mut self, then: Then, now: Instant) {
        self.did.push("Close".into());
        self.enter(State::Closing(then), self.settings.close_timeout, now);
    }

    fn goodbye(&mut self, reason: &str) {
        self.tell(Goodbye { details: Dict::new(), reason: reason.into() });
    }

    fn tell_abort(&mut self, reason: &str) {
        self.tell(Abort { details: Dict::new(), reason: reason.into() });
    }

    /// The session ends; what follows depends on whether the program was leaving.
    fn leave_session(&mut self, now: Instant) {
        let then = if self.state == State::Leaving { Then::End } else { Then::Retry };
        self.end_session();
        self.close(then, now);
    }

    /// What can never be answered fails, what stands will be asked for again.
    fn end_session(&mut self) {
        self.session = None;
        self.invocations.clear();
        self.subscriptions.session_ended();
        self.registrations.session_ended();
        self.last_id = 0;
        for Sent { number, waits, .. } in std::mem::take(&mut self.sent) {
            let Some(number) = number else { continue };
            match waits {
                Waits::Ask(kind, of) => self.waiting.push((number, What::Ask(kind, of))),
                Waits::Leave(..) => self.done(Some(number), None),
                Waits::Publish | Waits::Call => self.fail(number, reason::NETWORK_FAILURE),
            }
        }
    }

    fn end(&mut self) {
        self.end_session();
        (self.state, self.timer) = (State::Ended, None);
    }

    fn forget(&mut self) {
        for (number, what) in std::mem::take(&mut self.waiting) {
            let silent = matches!(&what, What::Publish(_, options, _) if !options.flag("acknowledge"));
            if !silent {
                self.fail(number, reason::NETWORK_FAILURE);
            }
        }
        self.forget_standing();
    }

    fn forget_standing(&mut self) {
        (self.subscriptions, self.registrations) = (Ledger::default(), Ledger::default());
        self.limits.clear();
    }

    /// The next line that the program hears.
    pub fn next(&mut self, now: Instant) -> Option<String> {
        self.unseen = None;
        if self.told.is_empty() && self.state == State::Ended {
            self.forget();
            self.state = State::Idle;
            (self.attempts, self.opened, self.joined) = (0, false, false);
            self.hear(Notice::Closed);
            if std::mem::take(&mut self.restart) {
                self.connect(now);
            }
        }
        let heard = self.told.pop_front()?;
        if heard == "closed" && self.told.is_empty() && self.waiting.is_empty() && self.sent.is_empty() {
            self.last = 0;
        }
        Some(heard)
    }

    /// The program has forgotten everything at the end of its life.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.sent.clear();
        self.forget_standing();
        if self.told.is_empty() {
            self.last = 0;
        }
    }

    // Requests ----------------------------------------------------------------------------------------------------------

    fn has_room(&self) -> bool {
        if self.state.has_session() { !self.congested } else { self.waiting.len() < self.settings.max_queued_messages }
    }

    fn submit(&mut self, what: What) -> Option<u64> {
        if !self.has_room() {
            return None;
        }
        self.last += 1;
        if self.state.has_session() {
            self.dispatch(self.last, what)
        } else {
            self.waiting.push((self.last, what))
        }
        Some(self.last)
    }

    fn send(&mut self, message: Message, number: Option<u64>, waits: Option<Waits>) {
        self.last_id += 1;
        self.tell(message);
        self.sent.extend(waits.map(|waits| Sent { id: id(self.last_id), number, waits }));
    }

    fn dispatch(&mut self, number: u64, what: What) {
        let request = id(self.last_id + 1);
        match what {
            What::Ask(kind, of) => match self.ledger(kind).find(of).cloned() {
                Some(Wish { uri, options, .. }) => {
                    self.send(kind.ask(request, uri, options), Some(number), Some(Waits::Ask(kind, of)));
                }
                None => self.fail(number, reason::CANCELED),
            },
            What::Publish(topic, options, payload) => {
                let waits = options.flag("acknowledge").then_some(Waits::Publish);
                let message = Publish { request, options, topic: topic.into(), payload };
                self.send(message.into(), Some(number), waits);
            }
            What::Call(procedure, options, payload) => {
                let message = Call { request, options, procedure: procedure.into(), payload };
                self.send(message.into(), Some(number), Some(Waits::Call));
            }
        }
    }

    pub fn ask(&mut self, kind: Kind, number: u64, uri: &str, options: Dict) -> Option<u64> {
        if self.has_room() {
            self.ledger(kind).ask(number, uri.into(), options);
        }
        self.submit(What::Ask(kind, number))
    }

    pub fn leave(&mut self, kind: Kind, number: u64) -> Option<u64> {
        self.last += 1;
        let request = self.last;
        match self.ledger(kind).find(number).map(|wish| wish.id) {
            None => {
                let error = match kind {
                    Kind::Subscription => reason::NO_SUCH_SUBSCRIPTION,
                    Kind::Registration => reason::NO_SUCH_REGISTRATION,
                };
                self.fail(request, error);
            }
            Some(None) => {
                self.ledger(kind).orphan(number);
                self.forget_orphan(kind, number);
                self.done(Some(request), None);
            }
            Some(Some(id)) => {
                self.ledger(kind).find(number).unwrap().leaving = true;
                self.give_up(kind, number, id, Some(request));
            }
        }
        Some(request)
    }

    /// What was given up matters as long as an answer is to come.
    fn forget_orphan(&mut self, kind: Kind, number: u64) {
        if !self.sent.iter().any(|sent| sent.waits == Waits::Ask(kind, number)) {
            self.ledger(kind).forget_orphan(number);
        }
    }

    fn give_up(&mut self, kind: Kind, number: u64, of: Id, request: Option<u64>) {
        self.send(kind.leave(id(self.last_id + 1), of), request, Some(Waits::Leave(kind, number, of)));
    }

    pub fn publish(&mut self, topic: &str, payload: Payload, options: Dict) -> Option<u64> {
        self.submit(What::Publish(topic.into(), options, payload))
    }

    pub fn call(&mut self, procedure: &str, payload: Payload, options: Dict, now: Instant) -> Option<u64> {
        let limit = options.u64("timeout").filter(|&limit| limit > 0).map(Duration::from_millis);
        let request = self.submit(What::Call(procedure.into(), options, payload))?;
        self.limits.extend(limit.map(|limit| (now + limit, request)));
        Some(request)
    }

    /// The id of a call that waits for its answer.
    fn call_id(&self, number: u64) -> Option<Id> {
        self.sent.iter().find(|s| s.waits == Waits::Call && s.number == Some(number)).map(|s| s.id)
    }

    fn take_waiting_call(&mut self, number: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, what)| *waiting != number || !matches!(what, What::Call(..)));
        self.waiting.len() < before
    }

    pub fn cancel(&mut self, number: u64, options: Dict) -> bool {
        if let Some(request) = self.call_id(number) {
            self.tell(Cancel { request, options });
            return true;
        }
        let waited = self.take_waiting_call(number);
        if waited {
            self.fail(number, reason::CANCELED);
        }
        waited
    }

    fn call_timed_out(&mut self, number: u64) {
        if let Some(request) = self.call_id(number) {
            self.tell(Cancel { request, options: Dict::new().with("mode", "killnowait") });
            self.sent.retain(|sent| sent.id != request);
        } else if !self.take_waiting_call(number) {
            return;
        }
        self.fail(number, reason::TIMEOUT);
    }

    pub fn yield_result(&mut self, number: u64, options: Dict, payload: Payload) {
        let Some(&(_, request)) = self.invocations.iter().find(|&&(n, _)| n == number) else { return };
        if !options.flag("progress") {
            self.invocations.retain(|&(n, _)| n != number);
        }
        self.tell(Yield { request, options, payload });
    }

    pub fn yield_error(&mut self, number: u64, error: &str, details: Dict, payload: Payload) {
        let Some(at) = self.invocations.iter().position(|&(n, _)| n == number) else { return };
        let (_, request) = self.invocations.remove(at);
        self.tell(Error { request_type: Invocation::CODE, request, details, error: error.into(), payload });
    }

    fn refuse_invocation(&mut self, request: Id, error: &str) {
        let (details, payload) = (Dict::new(), no_args());
        self.tell(Error { request_type: Invocation::CODE, request, details, error: error.into(), payload });
    }

    pub fn authenticate(&mut self, signature: &str, extra: Dict, _: Instant) {
        if self.state == State::Challenged {
            self.state = State::Joining;
            self.tell(Authenticate { signature: signature.into(), extra });
        }
    }

    pub fn refuse_challenge(&mut self, _: &str, now: Instant) {
        if self.state == State::Challenged {
            self.tell_abort(reason::CANNOT_AUTHENTICATE);
            self.close(Then::Retry, now);
        }
    }

    // The router --------------------------------------------------------------------------------------------------------

    pub fn message(&mut self, message: Message, now: Instant) {
        match self.state {
            State::Joining | State::Challenged => self.message_while_joining(message, now),
            State::Joined | State::Leaving => self.message_in_session(message, now),
            _ => {}
        }
    }

    pub fn violation(&mut self, now: Instant) {
        if matches!(self.state, State::Joining | State::Challenged | State::Joined | State::Leaving) {
            self.tell_abort(reason::PROTOCOL_VIOLATION);
            self.error(reason::PROTOCOL_VIOLATION);
            self.leave_session(now);
        }
    }

    fn aborted(&mut self, abort: &Abort, now: Instant) {
        self.error(&abort.reason);
        self.leave_session(now);
    }

    fn message_while_joining(&mut self, message: Message, now: Instant) {
        match message {
            Message::Welcome(Welcome { session, .. }) => self.welcome(session),
            Message::Challenge(Challenge { method, extra }) => {
                self.state = State::Challenged;
                self.hear(Notice::Challenge { method, extra });
            }
            Message::Abort(abort) => self.aborted(&abort, now),
            _ => self.violation(now),
        }
    }

    fn welcome(&mut self, session: Id) {
        (self.session, self.state, self.timer) = (Some(session), State::Joined, None);
        self.attempts = 0;
        let first = !std::mem::replace(&mut self.joined, true);
        self.hear(Notice::Joined { first });
        for kind in [Kind::Subscription, Kind::Registration] {
            for Wish { number, uri, options, .. } in self.ledger(kind).to_renew() {
                let message = kind.ask(id(self.last_id + 1), uri, options);
                self.send(message, None, Some(Waits::Ask(kind, number)));
            }
        }
        for (number, what) in std::mem::take(&mut self.waiting) {
            self.dispatch(number, what);
        }
    }

    fn message_in_session(&mut self, message: Message, now: Instant) {
        match message {
            Message::Event(Event { subscription, publication, details, payload }) => {
                let Some(subscription) = self.subscriptions.number(subscription) else { return };
                self.hear(Notice::Event { subscription, publication, details, payload });
            }
            Message::Result(m) => self.result(m),
            Message::Error(m) => self.error_message(m),
            Message::Invocation(m) => self.invocation(m),
            Message::Interrupt(m) => self.interrupt(&m),
            Message::Published(m) => {
                let answered = self.take(m.request, |waits| waits == Waits::Publish);
                self.done(answered.and_then(|sent| sent.number), Some(m.publication));
            }
            Message::Subscribed(m) => self.confirmed(Kind::Subscription, m.request, m.subscription),
            Message::Registered(m) => self.confirmed(Kind::Registration, m.request, m.registration),
            Message::Unsubscribed(m) => self.left(Kind::Subscription, m.request, m.details.u64("subscription")),
            Message::Unregistered(m) => self.left(Kind::Registration, m.request, m.details.u64("registration")),
            Message::Goodbye(_) => {
                if self.state == State::Joined {
                    self.goodbye(reason::GOODBYE_AND_OUT);
                }
                self.end_session();
                self.close(Then::End, now);
            }
            Message::Abort(abort) => self.aborted(&abort, now),
            Message::Challenge(_) => self.violation(now),
            _ => {}
        }
    }

    fn take(&mut self, id: Id, fits: impl Fn(Waits) -> bool) -> Option<Sent> {
        let at = self.sent.iter().position(|sent| sent.id == id && fits(sent.waits))?;
        Some(self.sent.remove(at))
    }

    fn result(&mut self, CallResult { request, details, payload }: CallResult) {
        let Some(sent) = self.take(request, |waits| waits == Waits::Call) else { return };
        let (number, progress) = (sent.number.unwrap(), details.flag("progress"));
        if progress {
            self.sent.push(sent);
            self.sent.sort_by_key(|sent| sent.id);
        }
        self.hear(Notice::Result { request: number, progress, details, payload });
    }

    fn error_message(&mut self, error: Error) {
        let Some(sent) = self.take(error.request, |waits| waits.code() == error.request_type) else { return };
        match sent.waits {
            Waits::Ask(kind, number) if sent.number.is_some() => self.ledger(kind).refuse(number),
            Waits::Leave(Kind::Subscription, number, id) => self.subscriptions.left(number, id),
            Waits::Leave(Kind::Registration, number, _) if sent.number.is_some() => {
                if let Some(wish) = self.registrations.find(number) {
                    wish.leaving = false;
                }
            }
            _ => {}
        }
        if let Waits::Ask(kind, number) = sent.waits {
            self.forget_orphan(kind, number);
        }
        if let Some(number) = sent.number {
            self.fail(number, &error.error);
        }
    }

    fn confirmed(&mut self, kind: Kind, request: Id, id: Id) {
        let Some(sent) = self.take(request, |waits| matches!(waits, Waits::Ask(asked, _) if asked == kind)) else {
            return;
        };
        let Waits::Ask(_, number) = sent.waits else { unreachable!() };
        let wanted = self.ledger(kind).confirm(number, id, sent.number.is_some());
        self.done(sent.number, Some(id));
        let again = kind == Kind::Subscription && self.subscriptions.is_wanted_again(number);
        self.forget_orphan(kind, number);
        if !wanted && !again {
            self.give_up(kind, number, id, None);
        }
    }

    fn left(&mut self, kind: Kind, request: Option<Id>, revoked: Option<u64>) {
        let Some(request) = request else {
            revoked.and_then(Id::new).into_iter().for_each(|id| self.ledger(kind).revoke(id));
            return;
        };
        let is_this = |waits| matches!(waits, Waits::Leave(left, ..) if left == kind);
        let Some(Sent { number, waits: Waits::Leave(_, of, id), .. }) = self.take(request, is_this) else { return };
        self.ledger(kind).left(of, id);
        self.done(number, None);
    }

    fn invocation(&mut self, Invocation { request, registration, details, payload }: Invocation) {
        let Some(registration) = self.registrations.number(registration) else {
            self.refuse_invocation(request, reason::NO_SUCH_PROCEDURE);
            return self.hear(Notice::UnknownInvocation);
        };
        self.last_invocation += 1;
        self.invocations.retain(|&(_, open)| open != request);
        self.invocations.push((self.last_invocation, request));
        self.hear(Notice::Invocation { registration, invocation: self.last_invocation, details, payload });
    }

    fn interrupt(&mut self, Interrupt { request, options }: &Interrupt) {
        let Some(at) = self.invocations.iter().position(|(_, open)| open == request) else { return };
        let (invocation, request) = self.invocations.remove(at);
        self.refuse_invocation(request, reason::CANCELED);
        self.hear(Notice::Interrupt { invocation, mode: options.str("mode").cloned().unwrap_or_default() });
    }
}
