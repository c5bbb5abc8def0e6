//! CALL to INVOCATION (specification: Calling and Invocations).

use std::time::Duration;

use super::calls::{Invoked, OpenCall};
use super::dealer::Route;
use super::passthru;
use super::progressive::Pieces;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use super::session::Role;
use crate::message::{Call, Invocation};
use crate::uri::{self, Match};
use crate::{Dict, Id, Instant, Message, Value, reason};

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
            return self.call_meta(from, &message, now);
        }
        let timeout = time_limit(&message.options)?;
        if !passthru::is_well_formed(&message.options, self.config.limits.uri_length) {
            return Err(Refusal::new(reason::INVALID_ARGUMENT, "an attribute of payload passthru mode is no text"));
        }
        let limit = self.config.limits.open_calls;
        if self.calls.count(from) >= limit {
            return Err(Refusal::new(reason::NOT_AUTHORIZED, format!("no more than {limit} open calls per session")));
        }
        let route = self.route(&message.procedure)?;
        let progress = message.options.flag("receive_progress");
        let call = OpenCall::new(from, message.request, progress, timeout);
        self.invoke(&route, message, call, now)
    }

    pub(super) fn route(&mut self, procedure: &str) -> Result<Route, Refusal> {
        let route = self.dealer.route(procedure, &mut *self.entropy);
        route.ok_or_else(|| Refusal::new(reason::NO_SUCH_PROCEDURE, format!("nobody has registered '{procedure}'")))
    }

    pub(super) fn invoke(
        &mut self,
        route: &Route,
        message: Call,
        mut call: OpenCall,
        now: Instant,
    ) -> Result<(), Refusal> {
        let mut details = self.invocation_details(route, &message, &call);
        let to = route.callee.session;
        let Some(callee) = self.sessions.get_mut(&to) else { return Ok(()) };
        if let Some(timeout) = call.timeout.take_if(|_| route.callee.forward_timeout && callee.announced.timeout) {
            details.insert("timeout", u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        }
        if passthru::is_used(&message.options) {
            let supported = callee.announced.passthru(Role::Callee);
            Refusal::check_support(supported, "callee", "payload passthru mode")?;
            passthru::forward(&message.options, &mut details);
        }
        if message.options.flag("progress") {
            let supported = callee.announced.progressive_invocations;
            Refusal::check_support(supported, "callee", "progressive call invocations")?;
            call.pieces = Some(Box::new(Pieces::new(&message.procedure, route.registration, &details)));
            details.insert("progress", true);
        }
        let request = callee.invocations.next_id();
        self.calls.insert(Invoked { callee: to, invocation: request }, call, now);
        let registration = route.registration;
        let payload = message.payload;
        self.send(to, Message::Invocation(Invocation { request, registration, details, payload }));
        Ok(())
    }

    fn invocation_details(&self, route: &Route, message: &Call, call: &OpenCall) -> Dict {
        let mut details = Dict::new();
        if route.by_pattern {
            details.insert("procedure", message.procedure.clone());
        }
        if message.options.flag("disclose_me")
            && let Some(caller) = self.sessions.get(&call.caller)
        {
            caller.disclose(call.caller, "caller", &mut details);
        }
        let Some(callee) = self.sessions.get(&route.callee.session) else { return details };
        if call.progress && callee.announced.progress {
            details.insert("receive_progress", true);
        }
        details
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
