//! Who is subscribed to what.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use super::holdings::Holdings;
use super::matching::{Patterns, footprint};
use super::subscribers::Subscribers;
use crate::uri::Match;
use crate::{Id, SequentialIds};

/// One topic or pattern and everybody who subscribed to it (specification: SUBSCRIBED: one id per topic and policy).
#[derive(Debug)]
pub(super) struct Subscription {
    /// Not the frame's that it came in, which would stay in memory as a whole.
    pub(super) topic: Arc<str>,
    pub(super) policy: Match,
    pub(super) subscribers: Subscribers,
    pub(super) created: SystemTime,
    /// The log of the event history that keeps its events. Such a subscription is there without subscribers, too, so
    /// that they find it who come after the events.
    pub(super) log: Option<u32>,
}

/// What came of a request to subscribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscribed {
    pub(super) id: Id,
    /// The session was not subscribed before.
    pub(super) is_new: bool,
    /// Nobody was.
    pub(super) is_first: bool,
}

/// The subscriptions of a realm.
#[derive(Debug, Default)]
pub(super) struct Broker {
    patterns: Patterns,
    subscriptions: HashMap<Id, Subscription>,
    held: Holdings,
    ids: SequentialIds,
    /// The subscriptions with a log.
    logged: Vec<Id>,
}

impl Broker {
    pub(super) fn len(&self) -> usize {
        let idle = |id: &&Id| self.get(**id).is_some_and(|logged| logged.subscribers.is_empty());
        self.subscriptions.len() - self.logged.iter().filter(idle).count()
    }

    /// How many subscriptions the session has.
    pub(super) fn count(&self, session: Id) -> usize {
        self.held.count(session)
    }

    /// How many bytes these take.
    pub(super) fn bytes(&self, session: Id) -> usize {
        self.held.bytes(session)
    }

    /// Subscribes; whoever is subscribed already gets the same id again.
    pub(super) fn subscribe(&mut self, session: Id, topic: &str, policy: Match, now: SystemTime) -> Subscribed {
        let id = self.patterns.get(topic, policy).unwrap_or_else(|| self.create(topic, policy, now));
        let (mut is_new, mut is_first) = (false, false);
        if let Some(subscription) = self.subscriptions.get_mut(&id) {
            is_first = subscription.subscribers.is_empty();
            is_new = subscription.subscribers.insert(session);
            self.held.add(session, id, footprint(topic, policy));
        }
        Subscribed { id, is_new, is_first }
    }

    /// Keeps the events of that topic or pattern in a log, if there is none for it yet.
    pub(super) fn keep_log(&mut self, topic: &str, policy: Match, log: u32) {
        if self.find(topic, policy).is_some() {
            return;
        }
        let id = self.create(topic, policy, SystemTime::UNIX_EPOCH);
        if let Some(subscription) = self.subscriptions.get_mut(&id) {
            subscription.log = Some(log);
            self.logged.push(id);
        }
    }

    /// When the subscriptions with a log came to be.
    pub(super) fn logs_created(&mut self, at: SystemTime) {
        for id in &self.logged {
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.created = at;
            }
        }
    }

    /// Whether the session is subscribed to that.
    pub(super) fn is_subscribed(&self, session: Id, topic: &str, policy: Match) -> bool {
        self.find(topic, policy).is_some_and(|id| self.held.holds(session, id))
    }

    pub(super) fn find(&self, topic: &str, policy: Match) -> Option<Id> {
        self.patterns.get(topic, policy)
    }

    pub(super) fn get(&self, id: Id) -> Option<&Subscription> {
        self.subscriptions.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Id, &Subscription)> {
        self.subscriptions.iter().map(|(id, subscription)| (*id, subscription))
    }

    fn create(&mut self, topic: &str, policy: Match, now: SystemTime) -> Id {
        let id = self.ids.next_id();
        let (topic, subscribers) = (Arc::from(topic), Subscribers::default());
        self.patterns.insert(Arc::clone(&topic), policy, id);
        self.subscriptions.insert(id, Subscription { topic, policy, subscribers, created: now, log: None });
        id
    }

    /// Ends a subscription of that session. The answer says whether it was the last one, so that nobody is subscribed
    /// to that any more; `None` when the session had no such subscription.
    pub(super) fn unsubscribe(&mut self, session: Id, id: Id) -> Option<bool> {
        let bytes = self.get(id).map_or(0, |found| footprint(&found.topic, found.policy));
        self.held.remove(session, id, bytes).then(|| self.release(session, id))
    }

    /// Takes the subscriptions that the session has; each must be [released](Self::release).
    pub(super) fn take(&mut self, session: Id) -> BTreeSet<Id> {
        self.held.take(session)
    }

    /// Takes the session out of a subscription that it held. Whether it was the last one.
    pub(super) fn release(&mut self, session: Id, id: Id) -> bool {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return false };
        subscription.subscribers.remove(&session);
        let last = subscription.subscribers.is_empty();
        if last && subscription.log.is_none() {
            self.patterns.remove(&subscription.topic, subscription.policy);
            self.subscriptions.remove(&id);
        }
        last
    }

    /// The subscriptions that an event on that topic reaches.
    pub(super) fn matching(&self, topic: &str) -> impl Iterator<Item = (Id, &Subscription)> {
        self.patterns.all(topic).into_iter().filter_map(|id| self.subscriptions.get(&id).map(|found| (id, found)))
    }
}
