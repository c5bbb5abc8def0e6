//! What a router counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// A router's numbers at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouterStats {
    /// Open connections, those included that have no session yet or no more.
    pub connections: u64,
    /// Open sessions, of all realms.
    pub sessions: u64,
    /// Events that were dropped since the start because a subscriber did not read them.
    pub dropped_events: u64,
    /// Sessions that were dropped since the start because they did not read answers.
    pub dropped_sessions: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    connections: AtomicU64,
    sessions: AtomicU64,
    dropped_events: AtomicU64,
    dropped_sessions: AtomicU64,
}

/// A connection is counted as long as this lives.
#[derive(Debug)]
pub(super) struct Connected(std::sync::Arc<Counters>);

impl Connected {
    pub(super) fn new(counters: &std::sync::Arc<Counters>) -> Self {
        counters.connections.fetch_add(1, Ordering::Relaxed);
        Self(counters.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub(super) fn joined(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left(&self) {
        self.sessions.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self, events: u64) {
        self.dropped_events.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn abandoned(&self) {
        self.dropped_sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> RouterStats {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RouterStats {
            connections: value(&self.connections),
            sessions: value(&self.sessions),
            dropped_events: value(&self.dropped_events),
            dropped_sessions: value(&self.dropped_sessions),
        }
    }
}
