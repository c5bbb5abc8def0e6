//! `wamp.registration.*`: who has registered what (specification: Registration Meta API).

use super::super::dealer::Registered;
use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::registration::Registration;
use super::super::subscribe::match_policy;
use super::{MetaCall, Procedure, no_such_session};
use crate::timestamp::iso8601;
use crate::uri::Match;
use crate::{Dict, Id, Payload, Value, reason};

const ON_CREATE: &str = "wamp.registration.on_create";
const ON_REGISTER: &str = "wamp.registration.on_register";
const ON_UNREGISTER: &str = "wamp.registration.on_unregister";
const ON_DELETE: &str = "wamp.registration.on_delete";

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    Some(match name {
        "list" => RealmMachine::list_registrations,
        "lookup" => RealmMachine::lookup_registration,
        "match" => RealmMachine::match_registration,
        "get" => RealmMachine::get_registration,
        "list_callees" => RealmMachine::list_callees,
        "count_callees" => RealmMachine::count_callees,
        "remove_callee" => RealmMachine::remove_callee,
        _ => return None,
    })
}

impl RealmMachine {
    fn list_registrations(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let ids = |policy: Match| {
            let mut ids: Vec<Id> = self.dealer.iter().filter(|(_, r)| r.policy == policy).map(|(id, _)| id).collect();
            ids.sort_unstable();
            (policy.as_str(), ids)
        };
        let lists: Dict = [Match::Exact, Match::Prefix, Match::Wildcard].into_iter().map(ids).collect();
        Ok(call.result(vec![lists.into()]))
    }

    fn lookup_registration(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let procedure = call.string(0, "procedure")?;
        let policy = match_policy(&call.dict(1, "options")?)?;
        self.check_uri(&procedure, policy)?;
        let found = self.dealer.find(&procedure, policy);
        Ok(call.result(vec![found.map_or(Value::Null, Value::from)]))
    }

    fn match_registration(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let procedure = call.string(0, "procedure")?;
        self.check_uri(&procedure, Match::Exact)?;
        let found = self.dealer.best(&procedure);
        Ok(call.result(vec![found.map_or(Value::Null, Value::from)]))
    }

    fn get_registration(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let id = call.id(0, "registration")?;
        let details = self.registration_details(id).ok_or_else(|| no_such_registration(id))?;
        Ok(call.result(vec![details.into()]))
    }

    fn list_callees(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let callees: Vec<Id> = self.registration(call)?.callees().collect();
        Ok(call.result(vec![callees.into()]))
    }

    fn count_callees(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let count = self.registration(call)?.callees().count() as u64;
        Ok(call.result(vec![count.into()]))
    }

    /// Not the specification's, but Crossbar's: what Registration Revocation is asked for with.
    fn remove_callee(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let (registration, callee) = (call.id(0, "registration")?, call.id(1, "callee")?);
        let reason = call.option_string("reason")?;
        if !self.sessions.contains_key(&callee) {
            return Err(no_such_session(callee));
        }
        if !self.revoke_registration(registration, callee, reason) {
            return Err(no_such_registration(registration));
        }
        Ok(call.nothing())
    }

    fn registration(&self, call: &MetaCall) -> Result<&Registration, Refusal> {
        let id = call.id(0, "registration")?;
        self.dealer.get(id).ok_or_else(|| no_such_registration(id))
    }

    fn registration_details(&self, id: Id) -> Option<Dict> {
        let found = self.dealer.get(id)?;
        let details = Dict::new()
            .with("id", id)
            .with("created", iso8601(found.created))
            .with("uri", found.procedure.clone())
            .with("match", found.policy.as_str())
            .with("invoke", found.invoke.as_str());
        Some(details)
    }

    pub(in crate::router) fn session_registered(&mut self, session: Id, registered: Registered) {
        if !self.config.meta.registration {
            return;
        }
        let id = registered.id;
        if let Some(details) = self.registration_details(id).filter(|_| registered.is_first) {
            self.publish_meta(ON_CREATE, || vec![session.into(), details.into()]);
        }
        self.publish_meta(ON_REGISTER, || vec![session.into(), id.into()]);
    }

    /// The session does not serve the registration any more; `last` when that is gone with it.
    pub(in crate::router) fn session_unregistered(&mut self, session: Id, registration: Id, last: bool) {
        if !self.config.meta.registration {
            return;
        }
        self.publish_meta(ON_UNREGISTER, || vec![session.into(), registration.into()]);
        if last {
            self.publish_meta(ON_DELETE, || vec![session.into(), registration.into()]);
        }
    }
}

fn no_such_registration(id: Id) -> Refusal {
    Refusal::new(reason::NO_SUCH_REGISTRATION, format!("there is no such registration {id} in this realm"))
}
