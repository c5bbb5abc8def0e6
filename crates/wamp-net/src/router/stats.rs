//! What a router counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wamp_proto::router::Stats;
use wamp_proto::{Dict, Id};

/// A router's numbers at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouterStats {
    /// Open connections, those included that have no session yet or no more.
    pub connections: u64,
    /// Connections that were refused since the start because there were as many as may be.
    pub refused_connections: u64,
    /// Open sessions, of all realms.
    pub sessions: u64,
    /// Messages that sessions have sent since the start.
    pub received_messages: u64,
    /// Messages that the router had for sessions since the start, the dropped ones included.
    pub sent_messages: u64,
    /// Events that were dropped since the start because a subscriber did not read them, or its format or its limit for
    /// the length of a message did not let it.
    pub dropped_events: u64,
    /// Invocations that a callee's full queue did not take since the start, so that another callee got them, or the
    /// caller an error.
    pub refused_invocations: u64,
    /// Sessions that were dropped since the start because they did not read answers.
    pub dropped_sessions: u64,
    /// Connections that were closed since the start because the peer broke the rules: those of its transport, with a
    /// message that is too large too, or with what is no WAMP message.
    pub protocol_errors: u64,
}

/// How much a realm holds at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RealmStats {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub held: Stats,
}

/// A session at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: Id,
    /// What `wamp.session.get` tells of it (specification: Session Meta API).
    pub details: Dict,
    /// When it has joined.
    pub joined: SystemTime,
    /// Events that were dropped since then: its part of [`RouterStats::dropped_events`].
    pub dropped_events: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    received: AtomicU64,
    sent: AtomicU64,
    connections: AtomicU64,
    refused_connections: AtomicU64,
    sessions: AtomicU64,
    dropped_events: AtomicU64,
    refused_invocations: AtomicU64,
    dropped_sessions: AtomicU64,
    protocol_errors: AtomicU64,
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
    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        usize::try_from(self.connections.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    pub(super) fn turned_away(&self) {
        self.refused_connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn joined(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left(&self) {
        self.sessions.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, messages: u64) {
        self.sent.fetch_add(messages, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self, events: u64) {
        self.dropped_events.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused_invocations.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn abandoned(&self) {
        self.dropped_sessions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn broken(&self) {
        self.protocol_errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> RouterStats {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RouterStats {
            connections: value(&self.connections),
            refused_connections: value(&self.refused_connections),
            sessions: value(&self.sessions),
            received_messages: value(&self.received),
            sent_messages: value(&self.sent),
            dropped_events: value(&self.dropped_events),
            refused_invocations: value(&self.refused_invocations),
            dropped_sessions: value(&self.dropped_sessions),
            protocol_errors: value(&self.protocol_errors),
        }
    }
}
