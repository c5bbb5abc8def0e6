//! YIELD and ERROR to RESULT and ERROR (specification: Calling and Invocations, Progressive Call Results).

use super::calls::Invoked;
use super::passthru;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use super::session::Role;
use crate::message::{Call, CallResult, Error, Invocation, Yield};
use crate::uri::{self, Match, Rule};
use crate::{Dict, Id, Instant, Message, Payload, reason};

impl RealmMachine {
    pub(super) fn on_yield(&mut self, from: Id, message: Yield, now: Instant) -> Result<(), Violation> {
        Violation::check_payload(&message.payload, "YIELD")?;
        let key = self.invoked(from, message.request)?;
        let mut details = Dict::new();
        if passthru::is_used(&message.options) {
            self.check_passthru(from, &message)?;
            if !self.caller_takes_passthru(key) {
                self.refuse_passthru(key);
                return Ok(());
            }
            passthru::forward(&message.options, &mut details);
        }
        if message.options.flag("progress") {
            self.progress(key, details, message.payload, now);
        } else if let Some(call) = self.calls.remove(key) {
            let result = CallResult { request: call.request, details, payload: message.payload };
            self.send(call.caller, Message::Result(result));
        }
        Ok(())
    }

    /// A result that more follow: for callers that asked for it only. The time limit counts from it anew.
    fn progress(&mut self, key: Invoked, mut details: Dict, payload: Payload, now: Instant) {
        let Some(call) = self.calls.get(key).filter(|call| call.progress) else { return };
        let (caller, request) = (call.caller, call.request);
        self.calls.start_timer(key, now);
        self.calls.settle_on_callee(key);
        details.insert("progress", true);
        self.send(caller, Message::Result(CallResult { request, details, payload }));
    }

    /// # Errors
    /// When the callee did not announce the mode, or its attributes are no texts.
    fn check_passthru(&self, callee: Id, message: &Yield) -> Result<(), Violation> {
        if !self.sessions.get(&callee).is_some_and(|session| session.announced.passthru(Role::Callee)) {
            return Err(Violation::unannounced("YIELD", "payload passthru mode"));
        }
        if !passthru::is_well_formed(&message.options, self.config.limits.uri_length) {
            return Err(Violation::new("YIELD: an attribute of payload passthru mode is no text"));
        }
        Ok(())
    }

    fn caller_takes_passthru(&self, key: Invoked) -> bool {
        let caller = self.calls.get(key).and_then(|call| self.sessions.get(&call.caller));
        caller.is_none_or(|caller| caller.announced.passthru(Role::Caller))
    }

    /// The callee hears that its result was not passed on; the call ends with the same error, as nothing says that the
    /// callee would try in another way.
    fn refuse_passthru(&mut self, key: Invoked) {
        let (error, message) = (reason::FEATURE_NOT_SUPPORTED, "the caller does not support payload passthru mode");
        self.send(key.callee, Refusal::new(error, message).answer(Yield::CODE, key.invocation));
        self.fail_call(key, error, message);
    }

    pub(super) fn on_error(&mut self, from: Id, message: Error) -> Result<(), Violation> {
        if message.request_type != Invocation::CODE {
            return Err(Violation::new(format!("ERROR for the request type {}", message.request_type)));
        }
        Violation::check_payload(&message.payload, "ERROR")?;
        let key = self.invoked(from, message.request)?;
        let Some(call) = self.calls.remove(key) else { return Ok(()) };
        if message.error == reason::UNAVAILABLE && !call.interrupted && self.asks_to_reroute(from) {
            self.reroute(from, call);
        } else {
            self.send(call.caller, call_error(call.request, message));
        }
        Ok(())
    }

    /// The invocation that the session answers; it may be over already (canceled, timed out, its caller gone).
    ///
    /// # Errors
    /// When the session never got an invocation of that id.
    fn invoked(&self, callee: Id, invocation: Id) -> Result<Invoked, Violation> {
        let last = self.sessions.get(&callee).and_then(|session| session.invocations.last());
        if last.is_none_or(|last| invocation > last) {
            return Err(Violation::new(format!("an answer to the invocation {invocation}, which was never sent")));
        }
        Ok(Invoked { callee, invocation })
    }
}

/// The callee's ERROR for the caller. A malformed URI stays here: it would break the caller's session, not the
/// callee's.
fn call_error(request: Id, error: Error) -> Message {
    let is_uri = uri::check(&error.error, Match::Exact, Rule::Loose);
    let uri = if is_uri { error.error } else { reason::INVALID_URI.into() };
    Message::Error(Error {
        request_type: Call::CODE,
        request,
        details: error.details,
        error: uri,
        payload: error.payload,
    })
}
