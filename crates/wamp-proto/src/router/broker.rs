//! Who is subscribed to what.

use std::collections::{BTreeSet, HashMap};

use bytestring::ByteString;

use super::holdings::Holdings;
use super::matching::Patterns;
use crate::uri::Match;
use crate::{Id, SequentialIds};

/// One topic or pattern and everybody who subscribed to it (specification: SUBSCRIBED: one id per topic and policy).
#[derive(Debug)]
pub(super) struct Subscription {
    topic: ByteString,
    pub(super) policy: Match,
    pub(super) subscribers: BTreeSet<Id>,
}

/// The subscriptions of a realm.
#[derive(Debug, Default)]
pub(super) struct Broker {
    patterns: Patterns,
    subscriptions: HashMap<Id, Subscription>,
    held: Holdings,
    ids: SequentialIds,
}

impl Broker {
    pub(super) fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// How many subscriptions the session has.
    pub(super) fn count(&self, session: Id) -> usize {
        self.held.count(session)
    }

    /// Subscribes; whoever is subscribed already gets the same id again.
    pub(super) fn subscribe(&mut self, session: Id, topic: &str, policy: Match) -> Id {
        let id = self.patterns.get(topic, policy).unwrap_or_else(|| self.create(topic, policy));
        if let Some(subscription) = self.subscriptions.get_mut(&id) {
            subscription.subscribers.insert(session);
            self.held.add(session, id);
        }
        id
    }

    /// Whether the session is subscribed to that.
    pub(super) fn is_subscribed(&self, session: Id, topic: &str, policy: Match) -> bool {
        self.patterns.get(topic, policy).is_some_and(|id| self.held.holds(session, id))
    }

    fn create(&mut self, topic: &str, policy: Match) -> Id {
        let id = self.ids.next_id();
        self.patterns.insert(topic, policy, id);
        self.subscriptions.insert(id, Subscription { topic: topic.into(), policy, subscribers: BTreeSet::new() });
        id
    }

    /// Whether there was such a subscription of that session.
    pub(super) fn unsubscribe(&mut self, session: Id, id: Id) -> bool {
        let found = self.held.remove(session, id);
        if found {
            self.release(session, id);
        }
        found
    }

    pub(super) fn leave(&mut self, session: Id) {
        for id in self.held.take(session) {
            self.release(session, id);
        }
    }

    fn release(&mut self, session: Id, id: Id) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        subscription.subscribers.remove(&session);
        if subscription.subscribers.is_empty() {
            self.patterns.remove(&subscription.topic, subscription.policy);
            self.subscriptions.remove(&id);
        }
    }

    /// The subscriptions that an event on that topic reaches.
    pub(super) fn matching(&self, topic: &str) -> impl Iterator<Item = (Id, &Subscription)> {
        self.patterns.all(topic).into_iter().filter_map(|id| self.subscriptions.get(&id).map(|found| (id, found)))
    }
}
