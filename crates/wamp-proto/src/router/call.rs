//! CALL to INVOCATION (specification: Calling and Invocations).

use std::time::Duration;

use super::calls::{Invoked, OpenCall};
use super::dealer::Route;
use super::passthru;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use super::reroute::copy;
use crate::message::{Call, Invocation};
use crate::uri::{self, Match};
use crate::{Dict, Id, Instant, Message, Payload, Value, reason};

impl RealmMachine {
    pub(super) fn on_call(&mut self, from: Id, message: Call, now: Instant) -> Result<(), Violation> {
        Violation::check_payload(&message.payload, "CALL")?;
        if let Some(key) = self.calls.find(from, message.request) {
            return self.continue_call(key, message);
        }
        if !self.is_new_call(from, &message)? {
            return Ok(());
        }
        let request = message.request;
        if let Err(refusal) = self.call(from, message, now) {
            self.send(from, refusal.answer(Call::CODE, request));
        }
        Ok(())
    }

    fn call(&mut self, from: Id, message: Call, now: Instant) -> Result<(), Refusal> {
        self.check_uri(&message.procedure, Match::Exact)?;
        if uri::is_reserved(&message.procedure) {
            let procedure = "the router's own procedure";
            Refusal::check_support(!message.options.flag("progress"), procedure, "progressive call invocations")?;
            Refusal::check_support(!passthru::is_used(&message.options), procedure, "payload passthru mode")?;
            return self.call_meta(from, &message, now);
        }
        let mut call = OpenCall::new(from, message.request);
        call.timeout = time_limit(&message.options)?;
        call.progress = message.options.flag("receive_progress");
        // Only rules of roles make a difference between callers.
        let caller = self.config.roles.as_ref().and_then(|_| self.sessions.get(&from));
        call.disclosure = self.disclosure(caller, &message.procedure).of(&message.options)?;
        if !passthru::is_well_formed(&message.options, self.config.limits.uri_length) {
            return Err(Refusal::new(reason::INVALID_ARGUMENT, "an attribute of payload passthru mode is no text"));
        }
        let limit = self.config.limits.open_calls;
        if self.calls.count(from) >= limit {
            return Err(Refusal::new(reason::NOT_AUTHORIZED, format!("no more than {limit} open calls per session")));
        }
        let route = self.route(&message.procedure)?;
        let details = self.prepare(&route, &message.procedure, &message.options, &mut call)?;
        let most_kept = self.config.limits.kept_call_bytes;
        if !self.calls.has_room(&call, most_kept) {
            let text = format!("no more than {most_kept} bytes are kept of a session's calls");
            return Err(Refusal::new(reason::NOT_AUTHORIZED, text));
        }
        self.invoke(&route, details, message.payload, call, now);
        Ok(())
    }

    pub(super) fn route(&mut self, procedure: &str) -> Result<Route, Refusal> {
        let route = self.dealer.route(procedure, &mut *self.entropy);
        route.ok_or_else(|| Refusal::new(reason::NO_SUCH_PROCEDURE, format!("nobody has registered '{procedure}'")))
    }

    /// INVOCATION. A session that is there has its callee's features checked by [`prepare`](Self::prepare).
    pub(super) fn invoke(&mut self, route: &Route, details: Dict, payload: Payload, mut call: OpenCall, now: Instant) {
        let to = route.callee.session;
        let Some(callee) = self.sessions.get_mut(&to) else { return };
        let request = callee.invocations.next_id();
        let invocation = Invocation { request, registration: route.registration, details, payload };
        call.again = (callee.announced.reroute && route.is_shared).then(|| copy(&invocation));
        let most_kept = self.config.limits.kept_call_bytes;
        self.calls.insert(Invoked { callee: to, invocation: request }, call, now, most_kept);
        self.send(to, Message::Invocation(invocation));
    }
}

/// `Options.timeout` in milliseconds; 0 and absent mean none (specification: Call Timeouts).
fn time_limit(options: &Dict) -> Result<Option<Duration>, Refusal> {
    let Some(value) = options.get("timeout") else { return Ok(None) };
    let wrong = || Refusal::new(reason::INVALID_ARGUMENT, "the option timeout is not a number of milliseconds");
    let millis = match *value {
        // The specification knows integers alone, but Loowy 0.4.1 sends what the program says.
        Value::Float(millis) if millis >= 0.0 => millis.ceil() as u64,
        _ => value.as_u64().ok_or_else(wrong)?,
    };
    Ok((millis > 0).then(|| Duration::from_millis(millis)))
}
