//! What the program asks for and answers.

use super::*;

impl Model {
    pub(super) fn has_room(&self) -> bool {
        if self.state.has_session() { !self.congested } else { self.waiting.len() < self.settings.max_queued_messages }
    }

    pub(super) fn submit(&mut self, what: What) -> Option<u64> {
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

    pub(super) fn send(&mut self, message: Message, number: Option<u64>, waits: Option<Waits>) {
        self.last_id += 1;
        self.tell(message);
        self.sent.extend(waits.map(|waits| Sent { id: id(self.last_id), number, waits }));
    }

    pub(super) fn dispatch(&mut self, number: u64, what: What) {
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
    pub(super) fn forget_orphan(&mut self, kind: Kind, number: u64) {
        if !self.sent.iter().any(|sent| sent.waits == Waits::Ask(kind, number)) {
            self.ledger(kind).forget_orphan(number);
        }
    }

    pub(super) fn give_up(&mut self, kind: Kind, number: u64, of: Id, request: Option<u64>) {
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
    pub(super) fn call_id(&self, number: u64) -> Option<Id> {
        self.sent.iter().find(|s| s.waits == Waits::Call && s.number == Some(number)).map(|s| s.id)
    }

    pub(super) fn take_waiting_call(&mut self, number: u64) -> bool {
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

    pub(super) fn call_timed_out(&mut self, number: u64) {
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

    pub(super) fn refuse_invocation(&mut self, request: Id, error: &str) {
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
}
