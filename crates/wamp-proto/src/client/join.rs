//! Joining a realm: HELLO, CHALLENGE, WELCOME, and what a new session begins with.

use bytestring::ByteString;

use super::journal::Standing;
use super::{ClientMachine, Notice, Session, State, Then};
use crate::message::{Authenticate, Challenge, Hello, Welcome};
use crate::{Dict, Instant, Message, reason};

impl ClientMachine {
    pub(super) fn say_hello(&mut self, now: Instant) {
        let realm = self.settings.realm.clone().unwrap_or_default();
        let hello = Message::Hello(Hello { realm, details: self.settings.details.clone() });
        match self.send(&hello) {
            Ok(()) => self.enter(State::Joining, self.settings.join_timeout, now),
            Err(error) => {
                self.notify(Notice::Error { error: error.to_string().into(), details: None });
                self.close(Then::End, now);
            }
        }
    }

    pub(super) fn handle_while_joining(&mut self, message: Message, now: Instant) {
        match message {
            Message::Welcome(welcome) => self.handle_welcome(welcome),
            Message::Challenge(challenge) => self.handle_challenge(challenge),
            Message::Abort(abort) => self.handle_abort(abort, now),
            _ => self.protocol_violation("there is no session yet", now),
        }
    }

    fn handle_challenge(&mut self, challenge: Challenge) {
        self.state = State::Challenged;
        self.notify(Notice::Challenge { method: challenge.method, extra: challenge.extra });
    }

    /// Answers the router's CHALLENGE. Without effect where there is none.
    pub fn authenticate(&mut self, signature: impl Into<ByteString>, extra: Dict, now: Instant) {
        if self.state != State::Challenged {
            return;
        }
        self.state = State::Joining;
        let answer = Message::Authenticate(Authenticate { signature: signature.into(), extra });
        if let Err(error) = self.send(&answer) {
            self.notify(Notice::Error { error: error.to_string().into(), details: None });
            self.cannot_authenticate("the answer cannot be encoded", now);
        }
    }

    /// Tells the router that its CHALLENGE cannot be answered, and why. Without effect where there is none.
    pub fn refuse_challenge(&mut self, message: &str, now: Instant) {
        if self.state == State::Challenged {
            self.cannot_authenticate(message, now);
        }
    }

    fn cannot_authenticate(&mut self, message: &str, now: Instant) {
        self.send_abort(Dict::new().with("message", message), reason::CANNOT_AUTHENTICATE);
        self.close(Then::Retry, now);
    }

    pub(super) fn join_timed_out(&mut self, now: Instant) {
        let details = Dict::new().with("message", "the router did not answer HELLO in time");
        self.send_abort(details.clone(), reason::TIMEOUT);
        self.notify(Notice::Error { error: ByteString::from_static(reason::TIMEOUT), details: Some(details) });
        self.close(Then::Retry, now);
    }

    fn handle_welcome(&mut self, welcome: Welcome) {
        self.session = Some(Session { id: welcome.session, details: welcome.details });
        self.state = State::Joined;
        self.timer = None;
        self.attempts = 0;
        let first = !std::mem::replace(&mut self.joined, true);
        self.notify(Notice::Joined { first });
        self.renew(Standing::Subscription);
        self.renew(Standing::Registration);
        while let Some(queued) = self.queue.pop() {
            self.dispatch(queued);
        }
    }

    fn renew(&mut self, standing: Standing) {
        for number in self.journal.of(standing).to_renew() {
            let Some((uri, options)) = self.journal.of(standing).get(number) else { continue };
            let (uri, options) = (uri.clone(), options.clone());
            let message = standing.ask(self.requests.next_id(), options, uri);
            self.ask_again(&message, standing, number);
        }
    }
}
