//! The events that publishers want kept for those who subscribe later (specification: Event Retention).

use std::collections::{BTreeMap, HashMap};

use bytestring::ByteString;

use super::config::Limits;
use super::kept::Kept;
use super::session::Session;
use crate::Id;
use crate::uri::Match;

/// How many events with a limited distribution a topic may have beside the one for everybody.
const SUPPLEMENTS: usize = 16;

/// The retained events of a realm. A topic has one for everybody, and after it those that only some may receive, so
/// that there is an event for each subscriber who could have received one. When there is no room, the realm's oldest
/// event goes.
#[derive(Debug, Default)]
pub(super) struct Retention {
    /// By age: the oldest has the least number.
    events: BTreeMap<u64, Kept>,
    /// The numbers of each topic's events, the oldest first.
    topics: HashMap<ByteString, Vec<u64>>,
    bytes: usize,
    next: u64,
}

impl Retention {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps an event. One that is too large by itself is not kept, and makes what it would have replaced outdated.
    pub(super) fn keep(&mut self, event: Kept, limits: &Limits) {
        let topic = event.topic.clone();
        if event.listing.is_for_everybody() {
            self.forget_topic(&topic);
        }
        let size = event.size();
        if size > limits.retained_bytes || limits.retained_events == 0 {
            return;
        }
        while self.events.len() >= limits.retained_events || self.bytes + size > limits.retained_bytes {
            self.forget_oldest();
        }
        if let Some(oldest) = self.topics.get(&topic).filter(|numbers| numbers.len() > SUPPLEMENTS) {
            // The first one is what everybody may receive, where there is such a one.
            let at = usize::from(self.events.get(&oldest[0]).is_some_and(|event| event.listing.is_for_everybody()));
            self.forget(oldest[at]);
        }
        self.bytes += size;
        self.events.insert(self.next, event);
        self.topics.entry(topic).or_default().push(self.next);
        self.next += 1;
    }

    /// The events that this session gets when it subscribes: of each topic the most recent one that it would have
    /// received, had it been subscribed then.
    pub(super) fn find(&self, topic: &str, policy: Match, id: Id, subscriber: &Session) -> Vec<&Kept> {
        let latest = |numbers: &Vec<u64>| {
            let allowed = |number: &&u64| self.events.get(*number).is_some_and(|e| e.listing.allows(id, subscriber));
            numbers.iter().rev().find(allowed).copied()
        };
        let mut found: Vec<u64> = if policy == Match::Exact {
            self.topics.get(topic).and_then(latest).into_iter().collect()
        } else {
            let matching = self.topics.iter().filter(|(of, _)| policy.matches(topic, of));
            matching.filter_map(|(_, numbers)| latest(numbers)).collect()
        };
        found.sort_unstable();
        found.iter().filter_map(|number| self.events.get(number)).collect()
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.events.keys().next().copied() {
            self.forget(oldest);
        }
    }

    fn forget_topic(&mut self, topic: &str) {
        for number in self.topics.remove(topic).unwrap_or_default() {
            self.bytes -= self.events.remove(&number).map_or(0, |event| event.size());
        }
    }

    fn forget(&mut self, number: u64) {
        let Some(event) = self.events.remove(&number) else { return };
        self.bytes -= event.size();
        if let Some(numbers) = self.topics.get_mut(&event.topic) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.topics.remove(&event.topic);
            }
        }
    }
}
