//! What the router says in a session.

use bytes::Bytes;
use bytestring::ByteString;

use super::journal::Standing;
use super::requests::Kind;
use super::{ClientMachine, Notice, State, Then};
use crate::message::{Abort, CallResult, Error, Event, Interrupt, Invocation};
use crate::{DecodeError, Dict, Id, Instant, Message, Payload, reason};

impl ClientMachine {
    /// A frame came. One that is not a message breaks the protocol; a message of an unknown type is ignored.
    pub fn handle_frame(&mut self, frame: Bytes, now: Instant) {
        if !self.state.is_open() {
            return;
        }
        match self.payload_serializer().decode(frame) {
            Ok(message) => self.handle_message(message, now),
            Err(DecodeError::UnknownCode(_)) => {}
            Err(error) => self.protocol_violation(&error.to_string(), now),
        }
    }

    /// A message came. Where there is no transport, or it is being closed, nobody cares.
    pub fn handle_message(&mut self, message: Message, now: Instant) {
        match self.state {
            State::Joining | State::Challenged => self.handle_while_joining(message, now),
            State::Joined | State::Leaving => self.handle_in_session(message, now),
            State::Idle | State::Connecting | State::Closing(_) | State::Waiting | State::Announced | State::Ended => {}
        }
    }

    /// The router broke the protocol (specification: Protocol Violations): the session and its transport end.
    pub(super) fn protocol_violation(&mut self, message: &str, now: Instant) {
        let details = Dict::new().with("message", message);
        self.send_abort(details.clone(), reason::PROTOCOL_VIOLATION);
        let error = ByteString::from_static(reason::PROTOCOL_VIOLATION);
        self.notify(Notice::Error { error, details: Some(details) });
        self.drop_session(self.then(), now);
    }

    fn handle_in_session(&mut self, message: Message, now: Instant) {
        match message {
            Message::Event(event) => self.handle_event(event),
            Message::Result(result) => self.handle_result(result),
            Message::Error(error) => self.handle_error(error),
            Message::Invocation(invocation) => self.handle_invocation(invocation),
            Message::Interrupt(interrupt) => self.handle_interrupt(interrupt),
            Message::Published(answer) => self.handle_published(answer.request, answer.publication),
            Message::Subscribed(m) => self.handle_confirmed(Standing::Subscription, m.request, m.subscription),
            Message::Registered(m) => self.handle_confirmed(Standing::Registration, m.request, m.registration),
            Message::Unsubscribed(m) => {
                self.handle_left(Standing::Subscription, m.request, m.details.u64("subscription"))
            }
            Message::Unregistered(m) => {
                self.handle_left(Standing::Registration, m.request, m.details.u64("registration"))
            }
            Message::Goodbye(_) => self.handle_goodbye(now),
            Message::Abort(abort) => self.handle_abort(abort, now),
            Message::Challenge(_) => self.protocol_violation("CHALLENGE in a session", now),
            // A second WELCOME, and what only routers receive, disturbs nobody.
            _ => {}
        }
    }

    fn handle_event(&mut self, event: Event) {
        let Some(subscription) = self.journal.subscriptions.number(event.subscription) else { return };
        let Event { publication, details, payload, .. } = event;
        self.notify(Notice::Event { subscription, publication, details, payload });
    }

    fn handle_result(&mut self, result: CallResult) {
        let progress = result.details.flag("progress");
        let is_call = |kind| kind == Kind::Call;
        let pending = if progress {
            self.requests.get(result.request).filter(|pending| is_call(pending.kind))
        } else {
            self.requests.take(result.request, is_call)
        };
        let Some(request) = pending.and_then(|pending| pending.request) else { return };
        let CallResult { details, payload, .. } = result;
        self.notify(Notice::Result { request, progress, details, payload });
    }

    fn handle_error(&mut self, error: Error) {
        let Some(pending) = self.requests.take(error.request, |kind| kind.code() == error.request_type) else { return };
        match pending.kind {
            Kind::Ask(standing, number) => {
                self.journal.of(standing).refuse(number, pending.request.is_none());
                self.journal.of(standing).answered(number);
            }
            // The program's callbacks are gone already: it does not want the subscription back.
            Kind::Leave(Standing::Subscription, number, id) => self.journal.subscriptions.left(number, id),
            Kind::Leave(Standing::Registration, number, _) if pending.request.is_some() => {
                self.journal.registrations.stay(number);
            }
            Kind::Leave(..) | Kind::Publish | Kind::Call => {}
        }
        let Some(request) = pending.request else { return };
        let Error { details, error, payload, .. } = error;
        self.notify(Notice::Failed { request, error, details, payload });
    }

    fn handle_invocation(&mut self, invocation: Invocation) {
        let Invocation { request, registration, details, payload } = invocation;
        match self.journal.registrations.number(registration) {
            Some(registration) => {
                let invocation = self.invocations.open(request);
                self.notify(Notice::Invocation { registration, invocation, details, payload });
            }
            None => {
                let nothing = Payload::empty(self.payload_serializer());
                self.send_error(request, reason::NO_SUCH_PROCEDURE, nothing);
                self.notify(Notice::UnknownInvocation);
            }
        }
    }

    fn handle_interrupt(&mut self, interrupt: Interrupt) {
        let Some(invocation) = self.invocations.interrupt(interrupt.request) else { return };
        let nothing = Payload::empty(self.payload_serializer());
        self.send_error(interrupt.request, reason::CANCELED, nothing);
        let mode = interrupt.options.str("mode").cloned().unwrap_or_default();
        self.notify(Notice::Interrupt { invocation, mode });
    }

    fn handle_published(&mut self, request: Id, publication: Id) {
        let pending = self.requests.take(request, |kind| kind == Kind::Publish);
        self.acknowledge(pending.and_then(|pending| pending.request), Some(publication));
    }

    fn handle_confirmed(&mut self, standing: Standing, request: Id, id: Id) {
        let is_this = |kind| matches!(kind, Kind::Ask(asked, _) if asked == standing);
        let Some(pending) = self.requests.take(request, is_this) else { return };
        let Kind::Ask(_, number) = pending.kind else { return };
        let wanted = self.journal.of(standing).confirm(number, id, pending.request.is_none());
        self.acknowledge(pending.request, Some(id));
        if !wanted && !self.is_shared(standing, number) {
            self.give_up(standing, number, id, None);
        }
        self.journal.of(standing).answered(number);
    }

    /// Whether what was given up as `number` is one with another subscription: to a router, the second SUBSCRIBE for a
    /// topic means the first subscription, so that UNSUBSCRIBE would end both.
    fn is_shared(&mut self, standing: Standing, number: u64) -> bool {
        standing == Standing::Subscription && self.journal.subscriptions.is_wanted_again(number)
    }

    /// `revoked` is what the router takes back by itself, where there is no request.
    fn handle_left(&mut self, standing: Standing, request: Option<Id>, revoked: Option<u64>) {
        let Some(request) = request else {
            return revoked.and_then(Id::new).into_iter().for_each(|id| self.journal.of(standing).revoke(id));
        };
        let is_this = |kind| matches!(kind, Kind::Leave(left, ..) if left == standing);
        let Some(pending) = self.requests.take(request, is_this) else { return };
        if let Kind::Leave(_, number, id) = pending.kind {
            self.journal.of(standing).left(number, id);
        }
        self.acknowledge(pending.request, None);
    }

    fn handle_goodbye(&mut self, now: Instant) {
        if self.state == State::Joined {
            self.send_goodbye(reason::GOODBYE_AND_OUT);
        }
        self.drop_session(Then::End, now);
    }

    /// The router ends the session, or refuses it.
    pub(super) fn handle_abort(&mut self, abort: Abort, now: Instant) {
        self.notify(Notice::Error { error: abort.reason, details: Some(abort.details) });
        self.drop_session(self.then(), now);
    }
}
