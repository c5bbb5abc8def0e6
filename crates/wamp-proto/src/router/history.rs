//! The events of the past (specification: Event History).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use bytestring::ByteString;

use super::kept::Kept;
use crate::uri::Match;

/// Which events a realm's history keeps: those on one topic, or on the topics under one pattern. When there is no room,
/// the oldest goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRule {
    /// The topic or pattern.
    pub topic: ByteString,
    /// How topics are compared with it.
    pub policy: Match,
    /// How many events it keeps.
    pub events: usize,
    /// How many bytes they take at most, with half a kilobyte for each beside its contents.
    pub bytes: usize,
}

/// What all rules have kept. An event that several of them want is there once.
#[derive(Debug, Default)]
pub(super) struct History {
    /// One for each rule.
    logs: Vec<Log>,
    next: u64,
}

#[derive(Debug)]
struct Log {
    rule: HistoryRule,
    events: VecDeque<Arc<PastEvent>>,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct PastEvent {
    /// Counts the events in the order of their publication.
    pub(super) number: u64,
    pub(super) at: SystemTime,
    pub(super) kept: Kept,
}

impl History {
    pub(super) fn new(rules: &[HistoryRule]) -> Self {
        let log = |rule: &HistoryRule| Log { rule: rule.clone(), events: VecDeque::new(), bytes: 0 };
        Self { logs: rules.iter().map(log).collect(), next: 0 }
    }

    /// Keeps an event in these logs.
    pub(super) fn keep(&mut self, logs: &[u32], at: SystemTime, kept: Kept) {
        let event = Arc::new(PastEvent { number: self.next, at, kept });
        self.next += 1;
        for log in logs {
            if let Some(log) = self.logs.get_mut(*log as usize) {
                log.push(event.clone());
            }
        }
    }

    /// The events that a subscription to that topic or pattern would have received, by their numbers.
    pub(super) fn of(&self, topic: &str, policy: Match) -> BTreeMap<u64, &PastEvent> {
        let events = self.logs.iter().flat_map(|log| &log.events);
        let found = events.filter(|event| policy.matches(topic, &event.kept.topic));
        found.map(|event| (event.number, &**event)).collect()
    }

    /// How many events the logs hold, one that is in two of them twice, and how many bytes these take.
    pub(super) fn size(&self) -> (usize, usize) {
        let sizes = self.logs.iter().map(|log| (log.events.len(), log.bytes));
        sizes.fold((0, 0), |(events, bytes), (n, b)| (events + n, bytes + b))
    }
}

impl Log {
    fn push(&mut self, event: Arc<PastEvent>) {
        self.bytes += event.kept.size();
        self.events.push_back(event);
        while self.events.len() > self.rule.events || self.bytes > self.rule.bytes {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.kept.size();
        }
    }
}
