//! YIELD and ERROR to RESULT and ERROR (specification: Calling and Invocations, Progressive Call Results).

use super::calls::Invoked;
use super::realm::RealmMachine;
use super::refusal::Violation;
use crate::message::{Call, CallResult, Error, Invocation, Yield};
use crate::uri::{self, Match, Rule};
use crate::{Dict, Id, Instant, Message, reason};

impl RealmMachine {
    pub(super) fn on_yield(&mut self, from: Id, message: Yield, now: Instant) -> Result<(), Violation> {
        Violation::check_payload(&message.payload, "YIELD")?;
        let key = self.invoked(from, message.request)?;
        if message.options.flag("progress") {
            self.progress(key, message, now);
        } else if let Some(call) = self.calls.remove(key) {
            let result = CallResult { request: call.request, details: Dict::new(), payload: message.payload };
            self.send(call.caller, Message::Result(result));
        }
        Ok(())
    }

    /// A result that more follow: for callers that asked for it only. The time limit counts from it anew.
    fn progress(&mut self, key: Invoked, message: Yield, now: Instant) {
        let Some(call) = self.calls.get(key).filter(|call| call.progress) else { return };
        let (caller, request) = (call.caller, call.request);
        self.calls.start_timer(key, now);
        let details = Dict::new().with("progress", true);
        let result = CallResult { request, details, payload: message.payload };
        self.send(caller, Message::Result(result));
    }

    pub(super) fn on_error(&mut self, from: Id, message: Error) -> Result<(), Violation> {
        if message.request_type != Invocation::CODE {
            return Err(Violation::new(format!("ERROR for the request type {}", message.request_type)));
        }
        Violation::check_payload(&message.payload, "ERROR")?;
        let key = self.invoked(from, message.request)?;
        if let Some(call) = self.calls.remove(key) {
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
