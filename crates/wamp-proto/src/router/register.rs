//! REGISTER and UNREGISTER (specification: Registering and Unregistering).

use bytestring::ByteString;

use super::config::Disclosure;
use super::dealer;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use super::registration::Terms;
use crate::message::{Register, Registered, Unregister, Unregistered};
use crate::{Dict, Id, Message, reason, uri};

impl RealmMachine {
    pub(super) fn on_register(&mut self, from: Id, message: &Register) {
        let request = message.request;
        match self.register(from, message) {
            Ok(registered) => {
                self.send(from, Message::Registered(Registered { request, registration: registered.id }));
                self.session_registered(from, registered);
            }
            Err(refusal) => self.send(from, refusal.answer(Register::CODE, request)),
        }
    }

    fn register(&mut self, from: Id, message: &Register) -> Result<dealer::Registered, Refusal> {
        let terms = Terms::read(&message.options)?;
        self.check_uri(&message.procedure, terms.policy)?;
        if uri::is_reserved(&message.procedure) {
            return Err(Refusal::invalid_uri(&message.procedure));
        }
        self.check_authorizer(from, &message.procedure, terms.force)?;
        let nobody = self.config.disclosure == Disclosure::Never && self.config.roles.is_none();
        if terms.disclose_caller && nobody {
            return Err(Refusal::new(reason::OPTION_NOT_ALLOWED, "this realm discloses nobody"));
        }
        let limit = self.config.limits.registrations;
        if self.dealer.count(from) >= limit {
            return Err(Refusal::new(
                reason::NOT_AUTHORIZED,
                format!("no more than {limit} registrations per session"),
            ));
        }
        self.check_room(from, &message.procedure, terms.policy)?;
        if let Some(present) = self.dealer.find(&message.procedure, terms.policy).filter(|_| terms.force) {
            self.take_by_force(present);
        }
        let now = self.time_of_day();
        self.dealer.register(from, &message.procedure, terms, now)
    }

    fn take_by_force(&mut self, registration: Id) {
        let callees: Vec<Id> = self.dealer.get(registration).iter().flat_map(|found| found.callees()).collect();
        for callee in callees {
            // The specification has a text there; Autobahn|Python takes nothing but a URI, such as Crossbar.io's.
            let reason = ByteString::from_static("wamp.error.unregistered");
            self.revoke_registration(registration, callee, Some(reason));
        }
    }

    /// Takes a registration from a callee that did not ask for it, and tells it so, if it has announced
    /// `registration_revocation` (specification: Registration Revocation). Invocations that are under way stay. Whether
    /// it had that registration.
    pub fn revoke_registration(&mut self, registration: Id, callee: Id, reason: Option<ByteString>) -> bool {
        let Some(last) = self.dealer.unregister(callee, registration) else { return false };
        if self.sessions.get(&callee).is_some_and(|session| session.announced.registration_revocation) {
            let mut details = Dict::new().with("registration", registration);
            if let Some(reason) = reason {
                details.insert("reason", reason);
            }
            self.send(callee, Message::Unregistered(Unregistered { request: None, details }));
        }
        self.session_unregistered(callee, registration, last);
        true
    }

    /// Invocations that are under way stay: the callee answers them.
    pub(super) fn on_unregister(&mut self, from: Id, message: &Unregister) {
        let request = message.request;
        match self.dealer.unregister(from, message.registration) {
            Some(last) => {
                let details = Dict::new();
                self.send(from, Message::Unregistered(Unregistered { request: Some(request), details }));
                self.session_unregistered(from, message.registration, last);
            }
            None => {
                let text = format!("no registration {} of this session", message.registration);
                let refusal = Refusal::new(reason::NO_SUCH_REGISTRATION, text);
                self.send(from, refusal.answer(Unregister::CODE, request));
            }
        }
    }
}
