//! What the router says.

use super::*;

impl Model {
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

    pub(super) fn aborted(&mut self, abort: &Abort, now: Instant) {
        self.error(&abort.reason);
        self.leave_session(now);
    }

    pub(super) fn message_while_joining(&mut self, message: Message, now: Instant) {
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

    pub(super) fn welcome(&mut self, session: Id) {
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

    pub(super) fn message_in_session(&mut self, message: Message, now: Instant) {
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

    pub(super) fn take(&mut self, id: Id, fits: impl Fn(Waits) -> bool) -> Option<Sent> {
        let at = self.sent.iter().position(|sent| sent.id == id && fits(sent.waits))?;
        Some(self.sent.remove(at))
    }

    pub(super) fn result(&mut self, CallResult { request, details, payload }: CallResult) {
        let Some(sent) = self.take(request, |waits| waits == Waits::Call) else { return };
        let (number, progress) = (sent.number.unwrap(), details.flag("progress"));
        if progress {
            self.sent.push(sent);
            self.sent.sort_by_key(|sent| sent.id);
        }
        self.hear(Notice::Result { request: number, progress, details, payload });
    }

    pub(super) fn error_message(&mut self, error: Error) {
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

    pub(super) fn confirmed(&mut self, kind: Kind, request: Id, id: Id) {
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

    pub(super) fn left(&mut self, kind: Kind, request: Option<Id>, revoked: Option<u64>) {
        let Some(request) = request else {
            revoked.and_then(Id::new).into_iter().for_each(|id| self.ledger(kind).revoke(id));
            return;
        };
        let is_this = |waits| matches!(waits, Waits::Leave(left, ..) if left == kind);
        let Some(Sent { number, waits: Waits::Leave(_, of, id), .. }) = self.take(request, is_this) else { return };
        self.ledger(kind).left(of, id);
        self.done(number, None);
    }

    pub(super) fn invocation(&mut self, Invocation { request, registration, details, payload }: Invocation) {
        let Some(registration) = self.registrations.number(registration) else {
            self.refuse_invocation(request, reason::NO_SUCH_PROCEDURE);
            return self.hear(Notice::UnknownInvocation);
        };
        self.last_invocation += 1;
        self.invocations.retain(|&(_, open)| open != request);
        self.invocations.push((self.last_invocation, request));
        self.hear(Notice::Invocation { registration, invocation: self.last_invocation, details, payload });
    }

    pub(super) fn interrupt(&mut self, Interrupt { request, options }: &Interrupt) {
        let Some(at) = self.invocations.iter().position(|(_, open)| open == request) else { return };
        let (invocation, request) = self.invocations.remove(at);
        self.refuse_invocation(request, reason::CANCELED);
        self.hear(Notice::Interrupt { invocation, mode: options.str("mode").cloned().unwrap_or_default() });
    }
}
