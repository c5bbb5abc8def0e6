//! Connecting, leaving, losing the connection and trying again.

use std::time::Duration;

use bytestring::ByteString;

use super::journal::Journal;
use super::requests::{Kind, Pending};
use super::{Action, ClientMachine, Notice, Settings, State, Then, explained, queue};
use crate::message::{Abort, Goodbye};
use crate::{Dict, Instant, Message, Serializer, reason};

const NO_REALM: &str = "No realm specified!";

const LOST: &str = r#"["the connection was lost before the answer came"]"#;
const CLOSED: &str = r#"["the client was closed before the answer came"]"#;

impl ClientMachine {
    /// Starts a life, or the next attempt if one is waiting. While the last connection is still being closed, the new
    /// one follows after [`Notice::Closed`]. Without effect where there is a connection or an attempt already.
    pub fn connect(&mut self, _now: Instant) {
        match self.state {
            State::Idle => {
                self.unseen = (self.notices.is_empty() && self.is_quiet()).then_some(self.last_request);
                self.start();
            }
            State::Waiting | State::Announced => self.open_transport(),
            State::Leaving | State::Closing(_) | State::Ended => self.restart = true,
            State::Connecting | State::Joining | State::Challenged | State::Joined => {}
        }
    }

    /// The program has heard [`Notice::Reconnecting`] and done what it does then: the attempt starts. Without effect
    /// before.
    pub fn proceed(&mut self, _now: Instant) {
        if self.state == State::Announced && self.unheard_attempt().is_none() {
            self.open_transport();
        }
    }

    /// Leaves: with GOODBYE where there is a session, else by closing what there is. No attempt follows.
    pub fn disconnect(&mut self, now: Instant) {
        self.restart = false;
        self.unseen = None;
        match self.state {
            State::Joined => self.say_goodbye(now),
            State::Joining | State::Challenged => self.close(Then::End, now),
            State::Connecting | State::Waiting | State::Announced => {
                self.unannounce();
                self.stop_trying();
            }
            State::Closing(_) => self.state = State::Closing(Then::End),
            State::Idle => self.forget(),
            State::Leaving | State::Ended => {}
        }
    }

    /// Gives up: while the session is being opened, with ABORT; in a session, by closing the transport without GOODBYE,
    /// which counts as a lost connection; else as [`disconnect`](Self::disconnect).
    pub fn abort(&mut self, now: Instant) {
        self.unseen = None;
        match self.state {
            State::Joining | State::Challenged => {
                self.restart = false;
                self.send_abort(Dict::new(), reason::ABORT);
                self.close(Then::End, now);
            }
            State::Joined => self.drop_session(Then::Retry, now),
            State::Leaving => self.drop_session(Then::End, now),
            _ => self.disconnect(now),
        }
    }

    /// The transport that [`Action::Connect`] asked for is open.
    pub fn transport_opened(&mut self, serializer: Serializer, now: Instant) {
        match self.state {
            State::Connecting => {
                self.opened = true;
                self.serializer = Some(serializer);
                self.say_hello(now);
            }
            State::Idle | State::Waiting | State::Announced | State::Ended => self.actions.push_back(Action::Drop),
            State::Joining | State::Challenged | State::Joined | State::Leaving | State::Closing(_) => {}
        }
    }

    /// The transport that [`Action::Connect`] asked for could not be opened.
    pub fn transport_failed(&mut self, error: impl Into<ByteString>, now: Instant) {
        if self.state != State::Connecting {
            return;
        }
        self.notify(Notice::Error { error: error.into(), details: None });
        let retries = self.settings.auto_reconnect && self.settings.max_retries > 0;
        if self.opened || self.attempts > 0 || self.settings.retry_first_connect && retries {
            if retries { self.wait(now) } else { self.end() }
        } else {
            self.state = State::Idle;
        }
    }

    /// The transport is closed, by whomever.
    pub fn transport_closed(&mut self, now: Instant) {
        match self.state {
            State::Connecting => self.transport_failed("the connection was closed", now),
            State::Joining | State::Challenged | State::Joined | State::Closing(Then::Retry) => self.lose(now),
            State::Leaving | State::Closing(Then::End) => self.end(),
            State::Idle | State::Waiting | State::Announced | State::Ended => {}
        }
    }

    /// The open transport is of no more use, because the peer sent what cannot be accepted. The driver has dropped it.
    pub fn transport_broken(&mut self, error: impl Into<ByteString>, now: Instant) {
        if self.state.is_open() {
            self.notify(Notice::Error { error: error.into(), details: None });
        }
        self.transport_closed(now);
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(request) = self.timeouts.pop(now) {
            self.call_timed_out(request);
        }
        if self.timer.is_some_and(|at| at <= now) {
            self.timer = None;
            self.state_timed_out(now);
        }
    }

    fn state_timed_out(&mut self, now: Instant) {
        match self.state {
            State::Joining | State::Challenged => self.join_timed_out(now),
            State::Leaving => self.drop_session(Then::End, now),
            State::Closing(_) => {
                self.actions.push_back(Action::Drop);
                self.transport_closed(now);
            }
            State::Waiting => self.announce(),
            State::Idle | State::Connecting | State::Announced | State::Joined | State::Ended => {}
        }
    }

    /// Enters a state that lasts for `limit` at most.
    pub(super) const fn enter(&mut self, state: State, limit: Duration, now: Instant) {
        self.state = state;
        self.timer = Some(now.saturating_add(limit));
    }

    fn start(&mut self) {
        if self.settings.realm.is_some() {
            self.open_transport();
        } else {
            self.notify(Notice::Error { error: ByteString::from_static(NO_REALM), details: None });
        }
    }

    fn open_transport(&mut self) {
        self.timer = None;
        self.state = State::Connecting;
        self.actions.push_back(Action::Connect);
    }

    fn say_goodbye(&mut self, now: Instant) {
        self.send_goodbye(reason::SYSTEM_SHUTDOWN);
        self.enter(State::Leaving, self.settings.close_timeout, now);
    }

    pub(super) fn send_goodbye(&mut self, reason: &'static str) {
        let reason = ByteString::from_static(reason);
        self.tell(&Message::Goodbye(Goodbye { details: Dict::new(), reason }));
    }

    pub(super) fn send_abort(&mut self, details: Dict, reason: &'static str) {
        let reason = ByteString::from_static(reason);
        self.tell(&Message::Abort(Abort { details, reason }));
    }

    /// The session is over before its transport is.
    pub(super) fn drop_session(&mut self, then: Then, now: Instant) {
        self.end_session();
        self.close(then, now);
    }

    /// What follows when the session ends for a reason that is not the program's wish.
    pub(super) const fn then(&self) -> Then {
        if matches!(self.state, State::Leaving) { Then::End } else { Then::Retry }
    }

    pub(super) fn close(&mut self, then: Then, now: Instant) {
        self.actions.push_back(Action::Close);
        self.enter(State::Closing(then), self.settings.close_timeout, now);
    }

    fn lose(&mut self, now: Instant) {
        self.end_session();
        if !self.settings.auto_reconnect || self.attempts >= self.settings.max_retries {
            self.end();
        } else if std::mem::take(&mut self.restart) {
            self.open_transport();
        } else {
            self.wait(now);
        }
    }

    fn wait(&mut self, now: Instant) {
        let delay = self.settings.reconnect.delay(self.attempts, self.random.next_fraction());
        self.enter(State::Waiting, delay, now);
    }

    fn announce(&mut self) {
        if !self.settings.auto_reconnect || self.attempts >= self.settings.max_retries {
            return self.end();
        }
        self.attempts += 1;
        self.notify(Notice::Reconnecting { attempt: self.attempts });
        self.state = State::Announced;
    }

    /// Takes the last attempt that the program has not heard of back; whether there is one.
    fn unannounce(&mut self) -> bool {
        self.unheard_attempt().and_then(|at| self.notices.remove(at)).is_some()
    }

    /// Where the notice of the last attempt is that the program has not heard of.
    fn unheard_attempt(&self) -> Option<usize> {
        self.notices.iter().rposition(|notice| matches!(notice, Notice::Reconnecting { .. }))
    }

    /// The settings are new: an attempt that the program has not heard of does not start if they allow none.
    pub(super) fn reconsider_attempt(&mut self) {
        let allowed = self.settings.auto_reconnect && self.attempts <= self.settings.max_retries;
        if !allowed && matches!(self.state, State::Announced | State::Connecting) && self.unannounce() {
            self.stop_trying();
        }
    }

    /// The settings were these: the login that the program has not heard of begins anew if it would be another one now.
    pub(super) fn reconsider_login(&mut self, before: &Settings) {
        let same_offer = before.serializers == self.settings.serializers;
        let same_login = before.realm == self.settings.realm && before.details == self.settings.details;
        let outdated = match self.state {
            State::Connecting => !same_offer || self.opened && !same_login,
            State::Idle | State::Leaving | State::Closing(Then::End) => false,
            _ => !same_offer || !same_login,
        };
        if outdated && self.settings.realm.is_some() && self.unseen == Some(self.last_request) {
            self.begin_anew();
        }
    }

    fn begin_anew(&mut self) {
        if !matches!(self.state, State::Waiting | State::Announced | State::Ended) {
            self.actions.push_back(Action::Drop);
        }
        self.end_session();
        self.notices.clear();
        self.attempts = 0;
        self.opened = false;
        self.joined = false;
        self.open_transport();
    }

    /// Ends a life that has no open transport.
    fn stop_trying(&mut self) {
        if self.state == State::Connecting {
            self.actions.push_back(Action::Drop);
        }
        self.end();
    }

    /// Nothing that belongs to the session counts any more. What nobody can answer now fails; subscriptions and
    /// registrations that were asked for are asked for again.
    fn end_session(&mut self) {
        self.session = None;
        self.invocations.session_ended();
        self.journal.session_ended();
        for Pending { kind, request } in self.requests.drain() {
            let Some(request) = request else { continue };
            match kind {
                Kind::Ask(standing, number) => {
                    self.queue.push(queue::Queued { request, what: queue::What::Ask(standing, number) });
                }
                Kind::Leave(..) => self.acknowledge(Some(request), None),
                Kind::Publish | Kind::Call => self.fail(request, reason::NETWORK_FAILURE, explained(LOST)),
            }
        }
    }

    /// The life is over as soon as the program has heard all that came before.
    fn end(&mut self) {
        self.end_session();
        self.timer = None;
        self.state = State::Ended;
    }

    /// The program has heard all that came before the end: it hears the end itself.
    pub(super) fn settle(&mut self) {
        self.forget();
        self.state = State::Idle;
        self.attempts = 0;
        self.opened = false;
        self.joined = false;
        self.serializer = None;
        self.notify(Notice::Closed);
        if std::mem::take(&mut self.restart) {
            self.start();
        }
    }

    /// For a program that forgets all its requests when it hears [`Notice::Closed`]: those that it made between the
    /// last failure and that notice are forgotten here too, without a word, and numbers begin anew where none of the
    /// older ones can still be heard of.
    pub fn reset(&mut self) {
        while self.queue.pop().is_some() {}
        self.requests.forget_pending();
        self.journal = Journal::default();
        self.timeouts.clear();
        if self.notices.is_empty() {
            self.last_request = 0;
        }
    }

    /// Nothing is kept for another life.
    fn forget(&mut self) {
        while let Some(queued) = self.queue.pop() {
            if queued.is_answered() {
                self.fail(queued.request, reason::NETWORK_FAILURE, explained(CLOSED));
            }
        }
        self.journal = Journal::default();
        self.timeouts.clear();
    }
}
