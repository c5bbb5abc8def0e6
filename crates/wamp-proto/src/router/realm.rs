//! The machine of one realm: sessions come, send messages, and leave.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::accept::Identity;
use super::authorization::{Gate, ROUTER};
use super::broker::Broker;
use super::calls::{Calls, Invoked};
use super::config::{Limits, RealmConfig};
use super::dealer::Dealer;
use super::departure::{Departures, Farewell};
use super::history::History;
use super::matching::footprint;
use super::output::Output;
use super::refusal::{Refusal, Violation};
use super::retention::Retention;
use super::session::{Role, Session};
use super::welcome::welcome;
use crate::message::Goodbye;
use crate::uri::{self, Match};
use crate::{Dict, Entropy, Id, Instant, Message, reason};

/// Broker and dealer of one realm. Everything that goes in may produce outputs; the driver takes them out with
/// [`RealmMachine::poll_output`] until there are none left.
pub struct RealmMachine {
    pub(super) config: Arc<RealmConfig>,
    pub(super) entropy: Box<dyn Entropy>,
    pub(super) sessions: BTreeMap<Id, Session>,
    pub(super) broker: Broker,
    pub(super) dealer: Dealer,
    pub(super) calls: Calls,
    pub(super) departures: Departures,
    pub(super) gate: Gate,
    pub(super) retention: Retention,
    pub(super) history: History,
    /// The time of day when the machine's time was 0, once somebody has told it.
    origin: Option<SystemTime>,
    /// When the last input came.
    pub(super) clock: Instant,
    pub(super) outputs: VecDeque<Output>,
}

/// How much a realm holds in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Joined clients, those included that were told to leave and have not answered yet.
    pub sessions: usize,
    /// Topics and patterns that somebody is subscribed to.
    pub subscriptions: usize,
    /// Procedures and patterns that somebody has registered.
    pub registrations: usize,
    /// Calls that are not answered yet.
    pub open_calls: usize,
    /// Events that publishers want kept for later subscribers.
    pub retained_events: usize,
    /// The bytes that they take.
    pub retained_bytes: usize,
    /// Events in the logs of the history; one that is in two logs counts twice.
    pub history_events: usize,
    /// The bytes that they take.
    pub history_bytes: usize,
}

impl RealmMachine {
    /// A realm without sessions.
    pub fn new(config: impl Into<Arc<RealmConfig>>, entropy: Box<dyn Entropy>) -> Self {
        let config = config.into();
        let mut broker = Broker::default();
        for (log, rule) in (0..).zip(&config.history) {
            broker.keep_log(&rule.topic, rule.policy, log);
        }
        Self {
            history: History::new(&config.history),
            config,
            entropy,
            sessions: BTreeMap::new(),
            broker,
            dealer: Dealer::default(),
            calls: Calls::default(),
            departures: Departures::default(),
            gate: Gate::default(),
            retention: Retention::default(),
            origin: None,
            clock: Instant::ZERO,
            outputs: VecDeque::new(),
        }
    }

    /// What the realm allows.
    #[must_use]
    pub fn config(&self) -> &RealmConfig {
        &self.config
    }

    /// Tells what time of day it is. The meta API and the event history speak of it; without a clock the machine's time
    /// counts from 1970. What is there already was created when it was, whatever the clock says later.
    pub fn set_clock(&mut self, now: Instant, time_of_day: SystemTime) {
        let origin = time_of_day.checked_sub(now).unwrap_or(SystemTime::UNIX_EPOCH);
        if self.origin.replace(origin).is_none() {
            self.broker.logs_created(origin);
        }
    }

    /// Opens a session for whom [`crate::router::Joining`] let in. The answer is its id, and WELCOME, which must be
    /// the first message sent to it.
    pub fn join(&mut self, identity: Identity, now: Instant) -> (Id, Message) {
        self.clock = now;
        let mut id = identity.session;
        while self.sessions.contains_key(&id) || id == ROUTER {
            id = Id::random(&mut *self.entropy);
        }
        let trust_level = self.config.trust_levels.as_ref().and_then(|levels| levels.level(&identity));
        self.sessions.insert(id, Session::new(&identity, trust_level));
        self.session_joined(id);
        (id, welcome(id, &identity, &self.config))
    }

    /// Takes a message of that session. A message that breaks the protocol ends the session; nobody else notices more
    /// than that it left. Messages of sessions that are over already are ignored.
    pub fn handle(&mut self, from: Id, message: Message, now: Instant) {
        self.clock = now;
        if self.is_in_turn(from, &message) {
            self.take(from, message, now);
        }
        self.settle(now);
    }

    pub(super) fn take(&mut self, from: Id, message: Message, now: Instant) {
        let Some(session) = self.sessions.get(&from) else { return };
        if session.leaving {
            return self.handle_last(from, &message);
        }
        if let Some(role) = Role::of(&message).filter(|role| !session.announced.has(*role)) {
            let text = format!("a message of the role {}, which HELLO did not announce", role.name());
            return self.abort(from, Violation::new(text));
        }
        if let Err(violation) = self.admit(from, message, now) {
            self.abort(from, violation);
        }
    }

    /// The session sent a frame that is no message (specification: Protocol errors): its session ends with ABORT.
    pub fn protocol_violation(&mut self, from: Id, message: impl Into<String>, now: Instant) {
        self.clock = now;
        if self.sessions.contains_key(&from) {
            self.abort(from, Violation::new(message));
        }
    }

    pub(super) fn abort(&mut self, session: Id, violation: Violation) {
        self.send(session, violation.abort());
        self.close(session);
    }

    pub(super) fn dispatch(&mut self, from: Id, message: Message, now: Instant) -> Result<(), Violation> {
        match message {
            Message::Subscribe(subscribe) => self.on_subscribe(from, &subscribe),
            Message::Unsubscribe(unsubscribe) => self.on_unsubscribe(from, &unsubscribe),
            Message::Publish(publish) => self.on_publish(from, &publish)?,
            Message::Register(register) => self.on_register(from, &register),
            Message::Unregister(unregister) => self.on_unregister(from, &unregister),
            Message::Call(call) => self.on_call(from, call, now)?,
            Message::Cancel(cancel) => self.on_cancel(from, &cancel)?,
            Message::Yield(result) => self.on_yield(from, result, now)?,
            Message::Error(error) => self.on_error(from, error)?,
            Message::Goodbye(_) => self.on_goodbye(from),
            Message::Abort(_) => self.close(from),
            other => return Err(Violation::new(format!("{} in a session, from a client", other.name()))),
        }
        Ok(())
    }

    fn on_goodbye(&mut self, from: Id) {
        self.send(from, goodbye(reason::GOODBYE_AND_OUT));
        self.close(from);
    }

    /// After the router's GOODBYE only the answer counts (specification: Session Statechart, 14).
    fn handle_last(&mut self, from: Id, message: &Message) {
        if matches!(message, Message::Goodbye(_) | Message::Abort(_)) {
            self.close(from);
        }
    }

    /// The session's transport is gone. For a session that is over already nothing happens.
    pub fn leave(&mut self, session: Id, now: Instant) {
        self.clock = now;
        self.remove(session);
    }

    /// The driver could not queue a message for that session, because its queue is full. An invocation goes to another
    /// callee of a shared registration; without one, and where a piece of one is lost, its call fails now. An event may
    /// be lost; a session that misses anything else is out of step with the router, and the driver should let it
    /// [`leave`](Self::leave).
    pub fn undeliverable(&mut self, session: Id, message: &Message) {
        if let Message::Invocation(invocation) = message {
            self.pass_over(session, invocation);
        }
    }

    /// The driver could not write that invocation in the format of the session: its call fails with
    /// `wamp.error.invalid_argument`.
    pub fn unexpressible(&mut self, session: Id, invocation: Id, why: &str) {
        self.drop_invocation(Invoked { callee: session, invocation }, why);
    }

    /// The driver could not write a progressive result of that call in the format of its caller, or it is larger than the
    /// caller takes: the call fails, as nothing else would tell that a part is missing.
    pub fn unexpressible_progress(&mut self, session: Id, request: Id, error: &'static str, why: &str) {
        if let Some(key) = self.calls.find(session, request) {
            self.give_up(key, error, why);
        }
    }

    /// When [`RealmMachine::handle_timeout`] has to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        [self.calls.next_deadline(), self.departures.next_deadline(), self.gate.next_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.clock = now;
        self.expire_calls(now);
        self.expire_departures(now);
        self.gate.expire(now);
        self.settle(now);
    }

    /// Says GOODBYE to everybody. A session is closed when it answers; the driver decides how long it waits for that.
    pub fn shutdown(&mut self, now: Instant) {
        self.clock = now;
        let everybody: Vec<Id> = self.sessions.iter().filter(|(_, s)| !s.leaving).map(|(id, _)| *id).collect();
        self.release(&everybody, Farewell::Silent);
        self.broadcast(everybody, goodbye(reason::SYSTEM_SHUTDOWN));
    }

    /// The next thing for the driver to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How much the realm holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (history_events, history_bytes) = self.history.size();
        Stats {
            sessions: self.sessions.len(),
            subscriptions: self.broker.len(),
            registrations: self.dealer.len(),
            open_calls: self.calls.len(),
            retained_events: self.retention.len(),
            retained_bytes: self.retention.bytes(),
            history_events,
            history_bytes,
        }
    }

    /// The session, unless it was told to leave: then nothing more reaches it.
    pub(super) fn attached(&self, id: Id) -> Option<&Session> {
        self.sessions.get(&id).filter(|session| !session.leaving)
    }

    /// The time of day when the last input came.
    pub(super) fn time_of_day(&self) -> SystemTime {
        let origin = self.origin.unwrap_or(SystemTime::UNIX_EPOCH);
        origin.checked_add(self.clock).unwrap_or(origin)
    }

    /// Sends to a session that is still there and was not told to leave.
    pub(super) fn send(&mut self, to: Id, message: Message) {
        if to == ROUTER {
            return self.answered(&message);
        }
        if self.attached(to).is_some() {
            self.outputs.push_back(Output::Send { to, message });
        }
    }

    pub(super) fn broadcast(&mut self, to: Vec<Id>, message: Message) {
        match to[..] {
            [] => {}
            [to] => self.outputs.push_back(Output::Send { to, message }),
            _ => self.outputs.push_back(Output::Broadcast { to, message }),
        }
    }

    /// # Errors
    /// `wamp.error.invalid_uri`.
    pub(super) fn check_uri(&self, uri: &str, policy: Match) -> Result<(), Refusal> {
        let Limits { uri_length, pattern_components, .. } = self.config.limits;
        let fits = uri.len() <= uri_length
            && (policy != Match::Wildcard || uri.split('.').count() <= pattern_components)
            && uri::check(uri, policy, self.config.uri_rule);
        if fits { Ok(()) } else { Err(Refusal::invalid_uri(uri)) }
    }

    /// Whether the session may have another subscription or registration, of that URI.
    ///
    /// # Errors
    /// `wamp.error.not_authorized`.
    pub(super) fn check_room(&self, session: Id, uri: &str, policy: Match) -> Result<(), Refusal> {
        let (limit, held) = (self.config.limits.uri_bytes, self.broker.bytes(session) + self.dealer.bytes(session));
        if held.saturating_add(footprint(uri, policy)) <= limit {
            return Ok(());
        }
        let text = format!("the subscriptions and registrations of a session take no more than {limit} bytes");
        Err(Refusal::new(reason::NOT_AUTHORIZED, text))
    }
}

/// What the realm holds, for tests that look for what was left behind.
impl fmt::Debug for RealmMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealmMachine")
            .field("sessions", &self.sessions)
            .field("broker", &self.broker)
            .field("dealer", &self.dealer)
            .field("calls", &self.calls)
            .field("departures", &self.departures)
            .field("gate", &self.gate)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

fn goodbye(reason: &'static str) -> Message {
    Message::Goodbye(Goodbye { details: Dict::new(), reason: reason.into() })
}
