//! What the program asks for. Each request gets a number; without a session it waits for one.

use bytestring::ByteString;

use super::journal::{Leave, Standing};
use super::queue::{Queued, What};
use super::requests::{Kind, Pending};
use super::timeouts::time_limit;
use super::{ClientMachine, Refused, explained, explained_by};
use crate::message::{Call, Cancel, Error, Publish, Yield};
use crate::{Dict, Id, Instant, Message, Payload, reason};

/// The code of INVOCATION, which ERROR repeats.
const INVOCATION: u64 = 68;

const CANCELED: &str = r#"["the request was given up before it was sent"]"#;
const TIMED_OUT: &str = r#"["the call was not answered in time"]"#;
const UNKNOWN: &str = r#"["there is no such subscription or registration"]"#;

impl ClientMachine {
    /// Subscribes under a number of the caller's choice, one per topic and match policy. It lasts over lost
    /// connections until [`unsubscribe`](Self::unsubscribe) or the end of this life.
    ///
    /// # Errors
    /// [`Refused`] where there is no room for one more request.
    pub fn subscribe(
        &mut self,
        subscription: u64,
        topic: impl Into<ByteString>,
        options: Dict,
        _now: Instant,
    ) -> Result<u64, Refused> {
        self.ask(Standing::Subscription, subscription, topic.into(), options)
    }

    /// Registers under a number of the caller's choice, as [`subscribe`](Self::subscribe) does.
    ///
    /// # Errors
    /// [`Refused`] where there is no room for one more request.
    pub fn register(
        &mut self,
        registration: u64,
        procedure: impl Into<ByteString>,
        options: Dict,
        _now: Instant,
    ) -> Result<u64, Refused> {
        self.ask(Standing::Registration, registration, procedure.into(), options)
    }

    /// Gives a subscription up. Without a session it is only forgotten, which succeeds at once.
    ///
    /// # Errors
    /// None at present.
    pub fn unsubscribe(&mut self, subscription: u64, _now: Instant) -> Result<u64, Refused> {
        Ok(self.leave(Standing::Subscription, subscription, reason::NO_SUCH_SUBSCRIPTION))
    }

    /// Gives a registration up, as [`unsubscribe`](Self::unsubscribe) does.
    ///
    /// # Errors
    /// None at present.
    pub fn unregister(&mut self, registration: u64, _now: Instant) -> Result<u64, Refused> {
        Ok(self.leave(Standing::Registration, registration, reason::NO_SUCH_REGISTRATION))
    }

    /// Publishes. There is an answer only with the option `acknowledge`.
    ///
    /// # Errors
    /// [`Refused`] where there is no room for one more request.
    pub fn publish(
        &mut self,
        topic: impl Into<ByteString>,
        payload: Payload,
        options: Dict,
        _now: Instant,
    ) -> Result<u64, Refused> {
        self.submit(What::Publish { topic: topic.into(), options, payload })
    }

    /// Calls a procedure. The option `timeout` (milliseconds) also counts here, from now on.
    ///
    /// # Errors
    /// [`Refused`] where there is no room for one more request.
    pub fn call(
        &mut self,
        procedure: impl Into<ByteString>,
        payload: Payload,
        options: Dict,
        now: Instant,
    ) -> Result<u64, Refused> {
        let limit = time_limit(&options);
        let request = self.submit(What::Call { procedure: procedure.into(), options, payload })?;
        if let Some(limit) = limit {
            let Self { timeouts, requests, queue, .. } = self;
            let is_pending = |call| requests.call(call).is_some() || queue.has_call(call);
            timeouts.add(now.saturating_add(limit), request, is_pending);
        }
        Ok(request)
    }

    /// Asks the router to cancel a call; its outcome comes as for any call. A call that still waits for a session fails
    /// at once. Returns whether there is such a call, and the options could be sent.
    pub fn cancel(&mut self, request: u64, options: Dict, _now: Instant) -> bool {
        if let Some(id) = self.requests.call(request) {
            return self.send(&Message::Cancel(Cancel { request: id, options })).is_ok();
        }
        let queued = self.queue.take_call(request).is_some();
        if queued {
            self.fail(request, reason::CANCELED, explained(CANCELED));
        }
        queued
    }

    /// Answers an invocation; with the option `progress`, more results follow. An invocation that is answered already,
    /// or whose session is gone, takes no answer.
    pub fn yield_result(&mut self, invocation: u64, options: Dict, payload: Payload) {
        let request = if options.flag("progress") {
            self.invocations.id(invocation)
        } else {
            self.invocations.finish(invocation)
        };
        let Some(request) = request else { return };
        if let Err(error) = self.send(&Message::Yield(Yield { request, options, payload })) {
            self.invocations.finish(invocation);
            self.send_error(request, reason::INVOCATION_EXCEPTION, explained_by(&error.to_string()));
        }
    }

    /// Answers an invocation with an error, as [`yield_result`](Self::yield_result) does with a result.
    pub fn yield_error(&mut self, invocation: u64, error: impl Into<ByteString>, details: Dict, payload: Payload) {
        let Some(request) = self.invocations.finish(invocation) else { return };
        let message = Error { request_type: INVOCATION, request, details, error: error.into(), payload };
        if let Err(error) = self.send(&Message::Error(message)) {
            self.send_error(request, reason::INVOCATION_EXCEPTION, explained_by(&error.to_string()));
        }
    }

    /// Answers an INVOCATION with an error of the machine's own.
    pub(super) fn send_error(&mut self, request: Id, error: &'static str, payload: Payload) {
        let error = ByteString::from_static(error);
        self.tell(&Message::Error(Error { request_type: INVOCATION, request, details: Dict::new(), error, payload }));
    }

    fn ask(&mut self, standing: Standing, number: u64, uri: ByteString, options: Dict) -> Result<u64, Refused> {
        let queued = self.admit(What::Ask(standing, number))?;
        self.journal.of(standing).ask(number, uri, options);
        Ok(self.accept(queued))
    }

    fn leave(&mut self, standing: Standing, number: u64, unknown: &'static str) -> u64 {
        self.last_request += 1;
        let request = self.last_request;
        match self.journal.of(standing).leave(number) {
            Leave::Send(id) => self.give_up(standing, number, id, Some(request)),
            Leave::Forgotten => self.acknowledge(Some(request), None),
            Leave::Unknown => self.fail(request, unknown, explained(UNKNOWN)),
        }
        request
    }

    /// Tells the router that a subscription or registration is given up.
    pub(super) fn give_up(&mut self, standing: Standing, number: u64, id: Id, request: Option<u64>) {
        let message = standing.leave(self.requests.next_id(), id);
        self.tell(&message);
        self.requests.sent_pending(Pending { kind: Kind::Leave(standing, number, id), request });
    }

    fn submit(&mut self, what: What) -> Result<u64, Refused> {
        let queued = self.admit(what)?;
        Ok(self.accept(queued))
    }

    /// The request with the next number, if there is room for it.
    fn admit(&self, what: What) -> Result<Queued, Refused> {
        let queued = Queued { request: self.last_request + 1, what };
        let (bytes, messages) = (self.settings.max_queued_bytes, self.settings.max_queued_messages);
        let has_room =
            if self.state.has_session() { self.unsent <= bytes } else { self.queue.has_room(&queued, bytes, messages) };
        if has_room { Ok(queued) } else { Err(Refused::QueueFull) }
    }

    /// Sends it, or keeps it for the next session.
    fn accept(&mut self, queued: Queued) -> u64 {
        self.last_request = queued.request;
        if self.state.has_session() {
            self.dispatch(queued)
        } else {
            self.queue.push(queued)
        }
        self.last_request
    }

    /// Sends a request of the program.
    pub(super) fn dispatch(&mut self, Queued { request, what }: Queued) {
        let id = self.requests.next_id();
        match what {
            What::Ask(standing, number) => self.dispatch_ask(request, standing, number),
            What::Publish { topic, options, payload } => {
                let kind = options.flag("acknowledge").then_some(Kind::Publish);
                self.send_request(&Message::Publish(Publish { request: id, options, topic, payload }), request, kind);
            }
            What::Call { procedure, options, payload } => {
                let call = Message::Call(Call { request: id, options, procedure, payload });
                self.send_request(&call, request, Some(Kind::Call));
            }
        }
    }

    fn dispatch_ask(&mut self, request: u64, standing: Standing, number: u64) {
        let Some((uri, options)) = self.journal.of(standing).get(number) else {
            return self.fail(request, reason::CANCELED, explained(CANCELED));
        };
        let (uri, options) = (uri.clone(), options.clone());
        let message = standing.ask(self.requests.next_id(), options, uri);
        if self.send_request(&message, request, Some(Kind::Ask(standing, number))) {
            self.journal.of(standing).sent(number);
        } else {
            self.journal.of(standing).refuse(number, false);
        }
    }

    /// `kind` is `None` for a request without an answer. Returns whether it could be encoded; if not, it fails.
    fn send_request(&mut self, message: &Message, request: u64, kind: Option<Kind>) -> bool {
        match (self.send(message), kind) {
            (Ok(()), Some(kind)) => self.requests.sent_pending(Pending { kind, request: Some(request) }),
            (Ok(()), None) => self.requests.sent(),
            (Err(error), _) => {
                self.fail(request, reason::INVALID_ARGUMENT, explained_by(&error.to_string()));
                return false;
            }
        }
        true
    }

    /// Asks again, if the request can be encoded; it could before.
    pub(super) fn ask_again(&mut self, message: &Message, standing: Standing, number: u64) {
        if self.send(message).is_ok() {
            self.requests.sent_pending(Pending { kind: Kind::Ask(standing, number), request: None });
            self.journal.of(standing).sent(number);
        }
    }

    pub(super) fn call_timed_out(&mut self, request: u64) {
        if let Some(id) = self.requests.call(request) {
            let options = Dict::new().with("mode", "killnowait");
            self.tell(&Message::Cancel(Cancel { request: id, options }));
            self.requests.take(id, |_| true);
        } else if self.queue.take_call(request).is_none() {
            return;
        }
        self.fail(request, reason::TIMEOUT, explained(TIMED_OUT));
    }
}
