//! SUBSCRIBE and UNSUBSCRIBE (specification: Subscribing and Unsubscribing).

use bytestring::ByteString;

use super::broker;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use crate::message::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
use crate::uri::Match;
use crate::{Dict, Id, Message, reason};

impl RealmMachine {
    pub(super) fn on_subscribe(&mut self, from: Id, message: &Subscribe) {
        let request = message.request;
        match self.subscribe(from, message) {
            Ok(subscribed) => {
                self.send(from, Message::Subscribed(Subscribed { request, subscription: subscribed.id }));
                if message.options.flag("get_retained") {
                    self.send_retained(from, subscribed.id);
                }
                self.session_subscribed(from, subscribed);
            }
            Err(refusal) => self.send(from, refusal.answer(Subscribe::CODE, request)),
        }
    }

    fn subscribe(&mut self, from: Id, message: &Subscribe) -> Result<broker::Subscribed, Refusal> {
        let policy = match_policy(&message.options)?;
        self.check_uri(&message.topic, policy)?;
        let limit = self.config.limits.subscriptions;
        if !self.broker.is_subscribed(from, &message.topic, policy) {
            if self.broker.count(from) >= limit {
                let text = format!("no more than {limit} subscriptions per session");
                return Err(Refusal::new(reason::NOT_AUTHORIZED, text));
            }
            self.check_room(from, &message.topic, policy)?;
        }
        Ok(self.broker.subscribe(from, &message.topic, policy, self.time_of_day()))
    }

    /// What was published before this session subscribed, and kept (specification: Event Retention).
    fn send_retained(&mut self, to: Id, subscription: Id) {
        let Some(subscriber) = self.sessions.get(&to) else { return };
        let Some(found) = self.broker.get(subscription) else { return };
        let kept = self.retention.find(&found.topic, found.policy, to, subscriber);
        let events: Vec<Message> = kept.iter().map(|kept| kept.retained(subscription, found.policy)).collect();
        for event in events {
            self.send(to, event);
        }
    }

    pub(super) fn on_unsubscribe(&mut self, from: Id, message: &Unsubscribe) {
        let request = message.request;
        match self.broker.unsubscribe(from, message.subscription) {
            Some(last) => {
                let details = Dict::new();
                self.send(from, Message::Unsubscribed(Unsubscribed { request: Some(request), details }));
                self.session_unsubscribed(from, message.subscription, last);
            }
            None => {
                let text = format!("no subscription {} of this session", message.subscription);
                let refusal = Refusal::new(reason::NO_SUCH_SUBSCRIPTION, text);
                self.send(from, refusal.answer(Unsubscribe::CODE, request));
            }
        }
    }

    /// Takes a subscription from a session that did not ask for it, and tells it so, if it has announced
    /// `subscription_revocation` (specification: Subscription Revocation). Whether it had that subscription.
    pub fn revoke_subscription(&mut self, subscription: Id, session: Id, reason: Option<ByteString>) -> bool {
        let Some(last) = self.broker.unsubscribe(session, subscription) else { return false };
        if self.sessions.get(&session).is_some_and(|session| session.announced.subscription_revocation) {
            let mut details = Dict::new().with("subscription", subscription);
            if let Some(reason) = reason {
                details.insert("reason", reason);
            }
            self.send(session, Message::Unsubscribed(Unsubscribed { request: None, details }));
        }
        self.session_unsubscribed(session, subscription, last);
        true
    }
}

/// `Options.match`; exact where it is absent.
pub(super) fn match_policy(options: &Dict) -> Result<Match, Refusal> {
    let Some(value) = options.get("match") else { return Ok(Match::Exact) };
    let policy = value.as_str().and_then(|name| Match::parse(name));
    policy.ok_or_else(|| Refusal::new(reason::INVALID_ARGUMENT, "the option match is not exact, prefix or wildcard"))
}
