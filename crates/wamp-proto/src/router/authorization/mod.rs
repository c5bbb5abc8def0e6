//! Who may do what: permissions of roles, and an authorizer that is asked (specification: Authorization).
//!
//! | file | what it holds |
//! |---|---|
//! | `permission`, `overlap` | static rules, and how patterns relate |
//! | `authorizer` | the question, and who answers it: the driver, or a procedure |
//! | `gate` | requests that wait for an answer, and answers that are good for some time |

mod authorizer;
mod gate;
mod overlap;
mod permission;

pub(super) use authorizer::ROUTER;
pub use authorizer::{Authorizer, Decision, Oracle, Question};
pub(super) use gate::Gate;
pub use permission::{Action, Actions, Permission, Role, Roles};

use bytestring::ByteString;

use super::config::{Disclosure, RealmConfig};
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use super::session::Session;
use super::subscribe::match_policy;
use crate::message::{Call, Publish, Register, Subscribe, Unregister, Unsubscribe};
use crate::uri::Match;
use crate::{Dict, Id, Instant, Message, reason};

/// What a message asks for.
#[derive(Debug)]
struct Request<'a> {
    action: Action,
    uri: &'a ByteString,
    policy: Match,
    options: &'a Dict,
}

impl<'a> Request<'a> {
    /// `None` for messages that need no permission, and for those that are refused anyway.
    fn of(message: &'a Message) -> Option<Self> {
        let (action, uri, options) = match message {
            Message::Publish(Publish { topic, options, .. }) => (Action::Publish, topic, options),
            Message::Subscribe(Subscribe { topic, options, .. }) => (Action::Subscribe, topic, options),
            Message::Call(Call { procedure, options, .. }) => (Action::Call, procedure, options),
            Message::Register(Register { procedure, options, .. }) => (Action::Register, procedure, options),
            _ => return None,
        };
        let policy = match action {
            Action::Subscribe | Action::Register => match_policy(options).ok()?,
            Action::Publish | Action::Call => Match::Exact,
        };
        Some(Self { action, uri, policy, options })
    }
}

enum Verdict {
    Allowed,
    Denied,
    Unknown,
}

impl RealmConfig {
    fn verdict(&self, authrole: &str, request: &Request<'_>) -> Verdict {
        let Some(roles) = &self.roles else {
            return if self.authorizer.is_some() { Verdict::Unknown } else { Verdict::Allowed };
        };
        let Some(role) = roles.get(authrole) else { return Verdict::Denied };
        match role.allows(request.action, request.uri, request.policy) {
            Some(true) => Verdict::Allowed,
            None if role.asks && self.authorizer.is_some() => Verdict::Unknown,
            _ => Verdict::Denied,
        }
    }
}

impl RealmMachine {
    /// Lets the session's message through, refuses it, or lets it wait until somebody has decided.
    pub(super) fn admit(&mut self, from: Id, message: Message, now: Instant) -> Result<(), Violation> {
        if self.gate.holds(from) && Gate::may_hold(&message) {
            self.wait_in_line(from, message);
            return Ok(());
        }
        if self.config.roles.is_none() && self.config.authorizer.is_none() {
            return self.dispatch(from, message, now);
        }
        // What is no URI is refused without a decision, which would have to be searched for it, asked and kept.
        let open = |request: &Request<'_>| {
            self.check_uri(request.uri, request.policy).is_ok() && !self.goes_on(from, &message)
        };
        let decision = Request::of(&message).filter(open).map(|request| {
            let session = self.sessions.get(&from);
            let verdict = session.map_or(Verdict::Denied, |session| self.config.verdict(&session.authrole, &request));
            match verdict {
                Verdict::Allowed => Some(Decision::ALLOWED),
                Verdict::Denied => Some(Decision::DENIED),
                Verdict::Unknown => self.gate.remembered(from, &request, now),
            }
        });
        match decision {
            None => self.dispatch(from, message, now),
            Some(Some(decision)) => self.carry_out(from, message, decision, now),
            Some(None) => {
                self.ask(from, message, now);
                Ok(())
            }
        }
    }

    /// Whether the session may do what it asks for in the arguments of a call of the router's own procedures. These
    /// cannot wait: where the authorizer is to decide, it must have done so not long ago.
    ///
    /// # Errors
    /// `wamp.error.not_authorized`.
    pub(super) fn check_permission(
        &self,
        from: Id,
        action: Action,
        uri: &ByteString,
        policy: Match,
    ) -> Result<(), Refusal> {
        let request = Request { action, uri, policy, options: &Dict::new() };
        let session = self.sessions.get(&from);
        let verdict = session.map_or(Verdict::Denied, |session| self.config.verdict(&session.authrole, &request));
        let allowed = match verdict {
            Verdict::Allowed => true,
            Verdict::Denied => false,
            Verdict::Unknown => self.gate.remembered(from, &request, self.clock).is_some_and(|found| found.allow),
        };
        let text = || format!("no permission to {} under '{uri}'", action.name());
        if allowed { Ok(()) } else { Err(Refusal::new(reason::NOT_AUTHORIZED, text())) }
    }

    /// Whether the CALL is another piece of one that was decided about, be it over by now.
    fn goes_on(&self, from: Id, message: &Message) -> bool {
        let Message::Call(call) = message else { return false };
        let last = self.sessions.get(&from).and_then(|session| session.last_progressive_call);
        last.is_some_and(|last| call.request <= last) || self.calls.find(from, call.request).is_some()
    }

    fn carry_out(&mut self, from: Id, mut message: Message, decision: Decision, now: Instant) -> Result<(), Violation> {
        if decision.allow {
            if decision.disclose && self.config.disclosure != Disclosure::Never {
                disclose(&mut message);
            }
            return self.dispatch(from, message, now);
        }
        if let Some(Request { action, uri, .. }) = Request::of(&message) {
            let text = format!("no permission to {} under '{uri}'", action.name());
            self.refuse(from, &message, Refusal::new(reason::NOT_AUTHORIZED, text));
        }
        Ok(())
    }

    /// Answers a request by an error; a publication only if its sender waits for an answer.
    fn refuse(&mut self, from: Id, message: &Message, refusal: Refusal) {
        if let (Message::Call(call), Some(session)) = (message, self.sessions.get_mut(&from)) {
            session.note_progressive_call(call);
        }
        let (code, request) = match message {
            Message::Publish(publish) if publish.options.flag("acknowledge") => (Publish::CODE, publish.request),
            Message::Subscribe(subscribe) => (Subscribe::CODE, subscribe.request),
            Message::Unsubscribe(unsubscribe) => (Unsubscribe::CODE, unsubscribe.request),
            Message::Call(call) => (Call::CODE, call.request),
            Message::Register(register) => (Register::CODE, register.request),
            Message::Unregister(unregister) => (Unregister::CODE, unregister.request),
            _ => return,
        };
        self.send(from, refusal.answer(code, request));
    }

    /// Whether that session is disclosed to those who receive what it says under that URI.
    pub(super) fn disclosure(&self, session: Option<&Session>, uri: &str) -> Disclosure {
        let role = self.config.roles.as_ref().and_then(|roles| roles.get(&session?.authrole));
        role.and_then(|role| role.rule(uri)?.disclosure).unwrap_or(self.config.disclosure)
    }
}

/// As if the sender had asked for it.
fn disclose(message: &mut Message) {
    match message {
        Message::Publish(publish) => publish.options.insert("disclose_me", true),
        Message::Call(call) => call.options.insert("disclose_me", true),
        _ => {}
    }
}
