//! Connecting, leaving, losing the connection and trying again.

use super::*;

impl Model {
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

    pub(super) fn lose(&mut self, now: Instant) {
        self.end_session();
        if !self.settings.auto_reconnect || self.attempts >= self.settings.max_retries {
            self.end();
        } else if std::mem::take(&mut self.restart) {
            self.open();
        } else {
            self.wait(now);
        }
    }

    pub(super) fn wait(&mut self, now: Instant) {
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

    pub(super) fn state_timed_out(&mut self, now: Instant) {
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
    pub(super) fn take_attempt_back(&mut self) -> bool {
        let unheard = self.told.iter().rposition(|line| line.starts_with("reconnecting "));
        unheard.and_then(|at| self.told.remove(at)).is_some()
    }

    pub(super) fn stop_trying(&mut self) {
        if self.state == State::Connecting {
            self.did.push("Drop".into());
        }
        self.end();
    }

    pub(super) fn enter(&mut self, state: State, limit: Duration, now: Instant) {
        (self.state, self.timer) = (state, Some(now + limit));
    }

    pub(super) fn open(&mut self) {
        (self.state, self.timer) = (State::Connecting, None);
        self.did.push("Connect".into());
    }

    pub(super) fn close(&mut self, then: Then, now: Instant) {
        self.did.push("Close".into());
        self.enter(State::Closing(then), self.settings.close_timeout, now);
    }

    pub(super) fn goodbye(&mut self, reason: &str) {
        self.tell(Goodbye { details: Dict::new(), reason: reason.into() });
    }

    pub(super) fn tell_abort(&mut self, reason: &str) {
        self.tell(Abort { details: Dict::new(), reason: reason.into() });
    }

    /// The session ends; what follows depends on whether the program was leaving.
    pub(super) fn leave_session(&mut self, now: Instant) {
        let then = if self.state == State::Leaving { Then::End } else { Then::Retry };
        self.end_session();
        self.close(then, now);
    }

    /// What can never be answered fails, what stands will be asked for again.
    pub(super) fn end_session(&mut self) {
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

    pub(super) fn end(&mut self) {
        self.end_session();
        (self.state, self.timer) = (State::Ended, None);
    }

    pub(super) fn forget(&mut self) {
        for (number, what) in std::mem::take(&mut self.waiting) {
            let silent = matches!(&what, What::Publish(_, options, _) if !options.flag("acknowledge"));
            if !silent {
                self.fail(number, reason::NETWORK_FAILURE);
            }
        }
        self.forget_standing();
    }

    pub(super) fn forget_standing(&mut self) {
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
}
