//! What a program sees of its router while it runs: tables of numbers and of sessions.

use std::time::UNIX_EPOCH;

use wamp_net::router::{Router, RouterStats, SessionInfo};
use wamp_proto::router::Stats;
use wamp_proto::{Dict, Value};

/// The numbers of a router, and of each of its realms.
pub(super) fn stats(router: &Router) -> Value {
    let RouterStats {
        connections,
        refused_connections,
        sessions,
        received_messages,
        sent_messages,
        dropped_events,
        refused_invocations,
        dropped_sessions,
        ..
    } = router.stats();
    let realms: Dict = router.realms().into_iter().map(|stats| (stats.name, realm(&stats.held))).collect();
    let stats = Dict::new()
        .with("connections", connections)
        .with("refusedConnections", refused_connections)
        .with("sessions", sessions)
        .with("receivedMessages", received_messages)
        .with("sentMessages", sent_messages)
        .with("droppedEvents", dropped_events)
        .with("refusedInvocations", refused_invocations)
        .with("droppedSessions", dropped_sessions)
        .with("realms", realms);
    Value::Dict(stats)
}

fn realm(held: &Stats) -> Dict {
    Dict::new()
        .with("sessions", held.sessions as u64)
        .with("subscriptions", held.subscriptions as u64)
        .with("registrations", held.registrations as u64)
        .with("openCalls", held.open_calls as u64)
        .with("retainedEvents", held.retained_events as u64)
        .with("retainedBytes", held.retained_bytes as u64)
        .with("historyEvents", held.history_events as u64)
        .with("historyBytes", held.history_bytes as u64)
}

/// The sessions of that realm, or of all; `None` when there is no such realm.
pub(super) fn sessions(router: &Router, realm: Option<&str>) -> Option<Value> {
    let names = match realm {
        Some(name) => vec![name.to_owned()],
        None => router.realms().into_iter().map(|stats| stats.name).collect(),
    };
    let mut list = Vec::new();
    for name in names {
        match router.sessions(&name) {
            Some(sessions) => list.extend(sessions.iter().map(|info| Value::Dict(session(&name, info)))),
            None if realm.is_some() => return None,
            // It has gone in the meantime.
            None => {}
        }
    }
    Some(Value::List(list))
}

fn session(realm: &str, info: &SessionInfo) -> Dict {
    let joined = info.joined.duration_since(UNIX_EPOCH).unwrap_or_default();
    let details = info.details.clone().with("realm", realm).with("joined", Value::Float(joined.as_secs_f64()));
    details.with("droppedEvents", info.dropped_events)
}
