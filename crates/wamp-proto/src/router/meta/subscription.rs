//! `wamp.subscription.*`: who is subscribed to what (specification: Subscriptions Meta API).

use super::super::broker::{Subscribed, Subscription};
use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::subscribe::match_policy;
use super::{MetaCall, Procedure, no_such_session};
use crate::timestamp::iso8601;
use crate::uri::Match;
use crate::{Dict, Id, Payload, Value, reason};

const ON_CREATE: &str = "wamp.subscription.on_create";
const ON_SUBSCRIBE: &str = "wamp.subscription.on_subscribe";
const ON_UNSUBSCRIBE: &str = "wamp.subscription.on_unsubscribe";
const ON_DELETE: &str = "wamp.subscription.on_delete";

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    Some(match name {
        "list" => RealmMachine::list_subscriptions,
        "lookup" => RealmMachine::lookup_subscription,
        "match" => RealmMachine::match_subscriptions,
        "get" => RealmMachine::get_subscription,
        "list_subscribers" => RealmMachine::list_subscribers,
        "count_subscribers" => RealmMachine::count_subscribers,
        "remove_subscriber" => RealmMachine::remove_subscriber,
        _ => return None,
    })
}

impl RealmMachine {
    fn list_subscriptions(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let ids = |policy: Match| {
            let mut ids: Vec<Id> = self.broker.iter().filter(|(_, s)| s.policy == policy).map(|(id, _)| id).collect();
            ids.sort_unstable();
            (policy.as_str(), ids)
        };
        let lists: Dict = [Match::Exact, Match::Prefix, Match::Wildcard].into_iter().map(ids).collect();
        Ok(call.result(vec![lists.into()]))
    }

    fn lookup_subscription(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let topic = call.string(0, "topic")?;
        let policy = match_policy(&call.dict(1, "options")?)?;
        self.check_uri(&topic, policy)?;
        let found = self.broker.find(&topic, policy);
        Ok(call.result(vec![found.map_or(Value::Null, Value::from)]))
    }

    fn match_subscriptions(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let topic = call.string(0, "topic")?;
        self.check_uri(&topic, Match::Exact)?;
        let found: Vec<Id> = self.broker.matching(&topic).map(|(id, _)| id).collect();
        Ok(call.result(vec![if found.is_empty() { Value::Null } else { found.into() }]))
    }

    fn get_subscription(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let id = call.id(0, "subscription")?;
        let details = self.subscription_details(id).ok_or_else(|| no_such_subscription(id))?;
        Ok(call.result(vec![details.into()]))
    }

    fn list_subscribers(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let subscribers: Vec<Id> = self.subscription(call)?.subscribers.iter().copied().collect();
        Ok(call.result(vec![subscribers.into()]))
    }

    fn count_subscribers(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let count = self.subscription(call)?.subscribers.len() as u64;
        Ok(call.result(vec![count.into()]))
    }

    /// Not the specification's, but Crossbar's: what Subscription Revocation is asked for with.
    fn remove_subscriber(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let (subscription, subscriber) = (call.id(0, "subscription")?, call.id(1, "subscriber")?);
        let reason = call.option_string("reason")?;
        if !self.sessions.contains_key(&subscriber) {
            return Err(no_such_session(subscriber));
        }
        if !self.revoke_subscription(subscription, subscriber, reason) {
            return Err(no_such_subscription(subscription));
        }
        Ok(call.nothing())
    }

    fn subscription(&self, call: &MetaCall) -> Result<&Subscription, Refusal> {
        let id = call.id(0, "subscription")?;
        self.broker.get(id).ok_or_else(|| no_such_subscription(id))
    }

    fn subscription_details(&self, id: Id) -> Option<Dict> {
        let found = self.broker.get(id)?;
        let details = Dict::new()
            .with("id", id)
            .with("created", iso8601(found.created))
            .with("uri", &*found.topic)
            .with("match", found.policy.as_str());
        Some(details)
    }

    pub(in crate::router) fn session_subscribed(&mut self, session: Id, subscribed: Subscribed) {
        let id = subscribed.id;
        if !self.config.meta.subscription || !subscribed.is_new {
            return;
        }
        if let Some(details) = self.subscription_details(id).filter(|_| subscribed.is_first) {
            self.publish_meta(ON_CREATE, || vec![session.into(), details.into()]);
        }
        self.publish_meta(ON_SUBSCRIBE, || vec![session.into(), id.into()]);
    }

    /// The session is not subscribed any more; `last` when nobody is.
    pub(in crate::router) fn session_unsubscribed(&mut self, session: Id, subscription: Id, last: bool) {
        if !self.config.meta.subscription {
            return;
        }
        self.publish_meta(ON_UNSUBSCRIBE, || vec![session.into(), subscription.into()]);
        if last {
            self.publish_meta(ON_DELETE, || vec![session.into(), subscription.into()]);
        }
    }
}

pub(super) fn no_such_subscription(id: Id) -> Refusal {
    Refusal::new(reason::NO_SUCH_SUBSCRIPTION, format!("there is no such subscription {id} in this realm"))
}
