//! SUBSCRIBE and UNSUBSCRIBE (specification: Subscribing and Unsubscribing).

use super::realm::RealmMachine;
use super::refusal::Refusal;
use crate::message::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
use crate::uri::Match;
use crate::{Dict, Id, Message, reason};

impl RealmMachine {
    pub(super) fn on_subscribe(&mut self, from: Id, message: &Subscribe) {
        let request = message.request;
        let answer = match self.subscribe(from, message) {
            Ok(subscription) => Message::Subscribed(Subscribed { request, subscription }),
            Err(refusal) => refusal.answer(Subscribe::CODE, request),
        };
        self.send(from, answer);
    }

    fn subscribe(&mut self, from: Id, message: &Subscribe) -> Result<Id, Refusal> {
        let policy = match_policy(&message.options)?;
        self.check_uri(&message.topic, policy)?;
        let limit = self.config.limits.subscriptions;
        if self.broker.count(from) >= limit && !self.broker.is_subscribed(from, &message.topic, policy) {
            return Err(Refusal::new(
                reason::NOT_AUTHORIZED,
                format!("no more than {limit} subscriptions per session"),
            ));
        }
        Ok(self.broker.subscribe(from, &message.topic, policy))
    }

    pub(super) fn on_unsubscribe(&mut self, from: Id, message: &Unsubscribe) {
        let request = message.request;
        let answer = if self.broker.unsubscribe(from, message.subscription) {
            Message::Unsubscribed(Unsubscribed { request: Some(request), details: Dict::new() })
        } else {
            let text = format!("no subscription {} of this session", message.subscription);
            Refusal::new(reason::NO_SUCH_SUBSCRIPTION, text).answer(Unsubscribe::CODE, request)
        };
        self.send(from, answer);
    }
}

/// `Options.match`; exact where it is absent.
pub(super) fn match_policy(options: &Dict) -> Result<Match, Refusal> {
    let Some(value) = options.get("match") else { return Ok(Match::Exact) };
    let policy = value.as_str().and_then(|name| Match::parse(name));
    policy.ok_or_else(|| Refusal::new(reason::INVALID_ARGUMENT, "the option match is not exact, prefix or wildcard"))
}
