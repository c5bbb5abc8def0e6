//! Calls whose arguments come in pieces (specification: Progressive Call Invocations).

use bytestring::ByteString;

use super::calls::Invoked;
use super::passthru;
use super::realm::RealmMachine;
use super::refusal::Violation;
use super::session::{Role, owned};
use crate::message::{Call, Invocation};
use crate::{Dict, Id, Message, Value};

/// What the first CALL decides for all that follow it.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) procedure: ByteString,
    registration: Id,
    /// The details of every INVOCATION, but for `progress`.
    pub(super) details: Dict,
    /// The caller has more to send.
    more: bool,
    /// The callee got more than the first piece.
    pub(super) continued: bool,
}

impl Pieces {
    pub(super) fn new(procedure: &ByteString, registration: Id, details: &Dict) -> Self {
        let details = copy_details(details);
        Self { procedure: owned(procedure), registration, details, more: true, continued: false }
    }
}

/// Copies what is kept: a string that came from a frame keeps the whole frame in memory.
pub(super) fn copy_details(details: &Dict) -> Dict {
    let copy = |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| Value::Str(owned(text)));
    details.iter().map(|(key, value)| (key.clone(), copy(value))).collect()
}

impl RealmMachine {
    /// Whether that CALL begins a new one. Otherwise it goes on with one that has ended: it was under way when the last
    /// RESULT or ERROR was, and is ignored.
    ///
    /// # Errors
    /// When it uses what the caller did not announce.
    pub(super) fn is_new_call(&mut self, from: Id, message: &Call) -> Result<bool, Violation> {
        let Some(session) = self.sessions.get_mut(&from) else { return Ok(false) };
        if session.last_progressive_call.is_some_and(|last| message.request <= last) {
            return Ok(false);
        }
        if passthru::is_used(&message.options) && !session.announced.passthru(Role::Caller) {
            return Err(Violation::unannounced("CALL", "payload passthru mode"));
        }
        if message.options.flag("progress") && !session.announced.progressive_calls {
            return Err(Violation::unannounced("CALL", "progressive call invocations"));
        }
        session.note_progressive_call(message);
        Ok(true)
    }

    /// The next piece of an open call goes where the first one went. Once the call was interrupted its callee does not
    /// wait for more.
    ///
    /// # Errors
    /// When the call was complete already, or another procedure's.
    pub(super) fn continue_call(&mut self, key: Invoked, message: Call) -> Result<(), Violation> {
        let Some(call) = self.calls.get_mut(key) else { return Ok(()) };
        let Some(pieces) = call.pieces.as_mut().filter(|pieces| pieces.more) else {
            return Err(Violation::new(format!("CALL with the id {} of a call that is still open", message.request)));
        };
        if pieces.procedure != message.procedure {
            let text = format!("CALL with the id {} of a call of another procedure", message.request);
            return Err(Violation::new(text));
        }
        pieces.more = message.options.flag("progress");
        pieces.continued = true;
        if call.interrupted {
            return Ok(());
        }
        let mut details = pieces.details.clone();
        if pieces.more {
            details.insert("progress", true);
        }
        let (request, registration, payload) = (key.invocation, pieces.registration, message.payload);
        self.calls.settle_on_callee(key);
        self.send(key.callee, Message::Invocation(Invocation { request, registration, details, payload }));
        Ok(())
    }
}
