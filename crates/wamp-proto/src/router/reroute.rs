//! Invocations that their callee does not take (specification: Call Rerouting).
//!
//! A callee that answers `wamp.error.unavailable`, having announced `call_reroute`, or whose queue is full, is passed
//! over: the next one of a shared registration gets the call, by the registration's policy and as if the former were not
//! there. When there is none, the call fails: with `wamp.error.no_available_callee` after such an answer, with
//! `wamp.error.unavailable` where nobody has been told of it. What has begun already, with a further piece of its
//! arguments or a progressive result, does not move.

use bytestring::ByteString;

use super::calls::{Invoked, OpenCall};
use super::output::Output;
use super::progressive::copy_details;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use crate::message::{Call, Invocation};
use crate::{Id, Message, reason};

impl RealmMachine {
    /// The callee's queue has no room for that.
    pub(super) fn pass_over(&mut self, callee: Id, lost: &Invocation) {
        let key = Invoked { callee, invocation: lost.request };
        let (error, message) = (reason::UNAVAILABLE, "the callee does not take invocations fast enough");
        if self.has_begun(key) {
            return self.break_off(key, error, message);
        }
        if self.calls.get(key).is_some_and(|call| call.interrupted) {
            return self.fail_call(key, reason::CANCELED, "the call was canceled");
        }
        if let Some(call) = self.calls.remove(key) {
            self.invoke_another(callee, lost, call, Refusal::new(error, message));
        }
    }

    /// Whether that callee's `wamp.error.unavailable` is meant for the dealer.
    pub(super) fn asks_to_reroute(&self, callee: Id) -> bool {
        self.sessions.get(&callee).is_some_and(|session| session.announced.reroute)
    }

    /// The callee has answered that it is not available.
    pub(super) fn reroute(&mut self, callee: Id, mut call: OpenCall) {
        let refusal = Refusal::new(reason::NO_AVAILABLE_CALLEE, "no callee is available");
        match call.again.take() {
            Some(again) => self.invoke_another(callee, &again, call, refusal),
            None => self.send(call.caller, refusal.answer(Call::CODE, call.request)),
        }
    }

    /// Fails an invocation that cannot be said in its callee's format.
    pub(super) fn drop_invocation(&mut self, key: Invoked, message: &str) {
        match self.has_begun(key) {
            true => self.break_off(key, reason::INVALID_ARGUMENT, message),
            false => self.fail_call(key, reason::INVALID_ARGUMENT, message),
        }
    }

    /// Gives up a call of which a piece is lost. Those behind it, which may be on their way already, stay here: the callee
    /// would take them for the whole.
    fn break_off(&mut self, key: Invoked, error: &'static str, message: &str) {
        self.outputs.retain(|output| !is_invocation(output, key));
        self.give_up(key, error, message);
    }

    /// Whether the callee has a piece of that call already.
    fn has_begun(&self, key: Invoked) -> bool {
        self.calls.get(key).and_then(|call| call.pieces.as_deref()).is_some_and(|pieces| pieces.continued)
    }

    /// Calls the next callee that can take it, or tells the caller.
    fn invoke_another(&mut self, callee: Id, lost: &Invocation, mut call: OpenCall, refusal: Refusal) {
        call.tried.insert(callee);
        let procedure = called(lost, &call);
        while let Some(route) = self.dealer.next_route(lost.registration, callee, &call.tried, &mut *self.entropy) {
            match self.prepare(&route, &procedure, &lost.details, &mut call) {
                Ok(details) => return self.invoke(&route, details, lost.payload.clone(), call, self.clock),
                Err(_) => drop(call.tried.insert(route.callee.session)),
            }
        }
        self.send(call.caller, refusal.answer(Call::CODE, call.request));
    }
}

fn is_invocation(output: &Output, key: Invoked) -> bool {
    let Output::Send { to, message: Message::Invocation(invocation) } = output else { return false };
    *to == key.callee && invocation.request == key.invocation
}

/// A copy for later: what came from a frame keeps the whole frame in memory.
pub(super) fn copy(invocation: &Invocation) -> Box<Invocation> {
    let (details, payload) = (copy_details(&invocation.details), invocation.payload.detached());
    Box::new(Invocation { details, payload, ..*invocation })
}

/// The procedure of that call, where anybody needs it: callees of patterns, and further pieces.
fn called(lost: &Invocation, call: &OpenCall) -> ByteString {
    let pieces = call.pieces.as_ref().map(|pieces| &pieces.procedure);
    lost.details.str("procedure").or(pieces).cloned().unwrap_or_default()
}
