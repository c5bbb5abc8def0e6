//! `wamp.session.add_testament` and `flush_testaments` (specification: Testament Meta Procedures).

use super::super::authorization::Action;
use super::super::passthru;
use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::session::Role;
use super::super::testament::Scope;
use super::{MetaCall, Procedure};
use crate::message::Publish;
use crate::uri::Match;
use crate::{Id, Payload, reason};

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    Some(match name {
        "add_testament" => RealmMachine::add_testament,
        "flush_testaments" => RealmMachine::flush_testaments,
        _ => return None,
    })
}

impl RealmMachine {
    /// What could not be published is refused at once, when somebody still hears it.
    fn add_testament(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let scope = scope(call)?;
        let testament = Publish {
            request: Id::MIN,
            options: call.options_of("PUBLISH", "publish_options")?,
            topic: call.string(0, "topic")?,
            payload: call.payload((1, "args"), (2, "kwargs"))?,
        };
        let publisher = self.sessions.get(&call.caller);
        let announced = publisher.is_some_and(|session| session.announced.passthru(Role::Publisher));
        if passthru::is_used(&testament.options) && !announced {
            let text = "the publisher did not announce payload passthru mode";
            return Err(Refusal::new(reason::FEATURE_NOT_SUPPORTED, text));
        }
        self.check_permission(call.caller, Action::Publish, &testament.topic, Match::Exact)?;
        self.publication(Id::MIN, call.caller, None, &testament)?;
        let limits = self.config.limits;
        let Some(session) = self.sessions.get_mut(&call.caller) else { return Ok(call.nothing()) };
        let testaments = session.testaments.get_or_insert_default();
        testaments.add(scope, testament, limits.testaments, limits.testament_bytes)?;
        Ok(call.nothing())
    }

    fn flush_testaments(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let scope = scope(call)?;
        if let Some(session) = self.sessions.get_mut(&call.caller) {
            session.testaments = session.testaments.take().and_then(|mut testaments| {
                testaments.flush(scope);
                (!testaments.is_empty()).then_some(testaments)
            });
        }
        Ok(call.nothing())
    }
}

fn scope(call: &MetaCall) -> Result<Scope, Refusal> {
    let Some(name) = call.option_string("scope")? else { return Ok(Scope::Destroyed) };
    let wrong = || Refusal::new(reason::INVALID_ARGUMENT, "the argument scope is neither detached nor destroyed");
    Scope::parse(&name).ok_or_else(wrong)
}
