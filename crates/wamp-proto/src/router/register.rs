//! REGISTER and UNREGISTER (specification: Registering and Unregistering).

use super::config::Disclosure;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use super::registration::Terms;
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
        let terms = Terms::read(&message.options)?;
        self.check_uri(&message.procedure, terms.policy)?;
        if uri::is_reserved(&message.procedure) {
            return Err(Refusal::invalid_uri(&message.procedure));
        }
        if terms.disclose_caller && self.config.disclosure == Disclosure::Never {
            return Err(Refusal::new(reason::OPTION_NOT_ALLOWED, "this realm discloses nobody"));
        }
        let limit = self.config.limits.registrations;
        if self.dealer.count(from) >= limit {
            return Err(Refusal::new(
                reason::NOT_AUTHORIZED,
                format!("no more than {limit} registrations per session"),
            ));
        }
        if let Some(present) = self.dealer.find(&message.procedure, terms.policy).filter(|_| terms.force) {
            for callee in self.dealer.callees(present) {
                self.revoke_registration(callee, present, "the procedure was registered anew, by force");
            }
        }
        self.dealer.register(from, &message.procedure, terms)
    }

    /// Takes the registration from that callee, and tells it where it announced that it understands (specification:
    /// Registration Revocation). Invocations that are under way stay. Whether it was one of that callee's.
    pub(super) fn revoke_registration(&mut self, callee: Id, registration: Id, why: &str) -> bool {
        let found = self.dealer.unregister(callee, registration);
        let told = self.sessions.get(&callee).is_some_and(|session| session.announced.registration_revocation);
        if found && told {
            let details = Dict::new().with("registration", registration).with("reason", why);
            self.send(callee, Message::Unregistered(Unregistered { request: None, details }));
        }
        found
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
