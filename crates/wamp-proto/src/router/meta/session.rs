//! `wamp.session.*`: who is in the realm (specification: Session Meta API).

use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::session::Session;
use super::{MetaCall, Procedure, no_such_session};
use crate::{Dict, Id, Payload, Value};

const ON_JOIN: &str = "wamp.session.on_join";
const ON_LEAVE: &str = "wamp.session.on_leave";

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    Some(match name {
        "count" => RealmMachine::count_sessions,
        "list" => RealmMachine::list_sessions,
        "get" => RealmMachine::get_session,
        _ => return None,
    })
}

impl RealmMachine {
    fn count_sessions(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let count = self.sessions_of_roles(call)?.len() as u64;
        Ok(call.result(vec![count.into()]))
    }

    fn list_sessions(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let sessions = self.sessions_of_roles(call)?;
        Ok(call.result(vec![sessions.into()]))
    }

    fn get_session(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let id = call.id(0, "session")?;
        let session = self.attached(id);
        let details = session.map(|session| session_details(id, session)).ok_or_else(|| no_such_session(id))?;
        Ok(call.result(vec![details.into()]))
    }

    /// Those whom the optional list of roles wants. Who was told to leave is not attached to the realm any more.
    fn sessions_of_roles(&self, call: &MetaCall) -> Result<Vec<Id>, Refusal> {
        let roles = call.strings(0, "filter_authroles")?;
        let wanted = |session: &Session| roles.as_ref().is_none_or(|roles| roles.contains(&session.authrole));
        let there = |session: &Session| !session.leaving && !session.visits;
        let attached = self.sessions.iter().filter(|(_, session)| there(session) && wanted(session));
        Ok(attached.map(|(id, _)| *id).collect())
    }

    pub(in crate::router) fn session_joined(&mut self, id: Id) {
        if !self.config.meta.session {
            return;
        }
        let told = self.sessions.get(&id).filter(|session| !session.visits);
        let Some(details) = told.map(|session| session_details(id, session)) else { return };
        self.publish_meta(ON_JOIN, || vec![details.into()]);
    }

    pub(in crate::router) fn session_left(&mut self, id: Id, session: &Session) {
        if self.config.meta.session && !session.visits {
            self.publish_meta(ON_LEAVE, || {
                vec![id.into(), session.authid.clone().into(), session.authrole.clone().into()]
            });
        }
    }
}

pub(in crate::router) fn session_details(id: Id, session: &Session) -> Dict {
    let details = Dict::new()
        .with("session", id)
        .with("authid", session.authid.clone())
        .with("authrole", session.authrole.clone())
        .with("authmethod", session.authmethod.clone())
        .with("authprovider", session.authprovider.clone());
    if session.transport.is_empty() {
        return details;
    }
    details.with("transport", Value::Dict(session.transport.clone()))
}
