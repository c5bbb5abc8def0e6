//! REGISTER and UNREGISTER (specification: Registering and Unregistering).

use super::realm::RealmMachine;
use super::refusal::Refusal;
use super::registration::Invoke;
use super::subscribe::match_policy;
use crate::message::{Register, Registered, Unregister, Unregistered};
use crate::{Dict, Id, Message, reason, uri};

impl RealmMachine {
    pub(super) fn on_register(&mut self, from: Id, message: &Register) {
        let request = message.request;
        let answer = match self.register(from, message) {
            Ok(registration) => Message::Registered(Registered { request, registration }),
            Err(refusal) => refusal.answer(Register::CODE, request),
        };
        self.send(from, answer);
    }

    fn register(&mut self, from: Id, message: &Register) -> Result<Id, Refusal> {
        let policy = match_policy(&message.options)?;
        let invoke = invocation_policy(&message.options)?;
        self.check_uri(&message.procedure, policy)?;
        if uri::is_reserved(&message.procedure) {
            return Err(Refusal::invalid_uri(&message.procedure));
        }
        let limit = self.config.limits.registrations;
        if self.dealer.count(from) >= limit {
            return Err(Refusal::new(
                reason::NOT_AUTHORIZED,
                format!("no more than {limit} registrations per session"),
            ));
        }
        self.dealer.register(from, &message.procedure, policy, invoke)
    }

    /// Invocations that are under way stay: the callee answers them.
    pub(super) fn on_unregister(&mut self, from: Id, message: &Unregister) {
        let request = message.request;
        let answer = if self.dealer.unregister(from, message.registration) {
            Message::Unregistered(Unregistered { request: Some(request), details: Dict::new() })
        } else {
            let text = format!("no registration {} of this session", message.registration);
            Refusal::new(reason::NO_SUCH_REGISTRATION, text).answer(Unregister::CODE, request)
        };
        self.send(from, answer);
    }
}

/// `Options.invoke`; single where it is absent.
fn invocation_policy(options: &Dict) -> Result<Invoke, Refusal> {
    let Some(value) = options.get("invoke") else { return Ok(Invoke::Single) };
    let invoke = value.as_str().and_then(|name| Invoke::parse(name));
    let wrong = || Refusal::new(reason::INVALID_ARGUMENT, "the option invoke is not an invocation policy");
    invoke.ok_or_else(wrong)
}
