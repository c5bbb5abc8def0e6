//! What a session may use up.

use serde::Deserialize;

use super::super::Limits;
use crate::options::{Limit, Seconds};

/// How many realms may be made on demand.
const MAX_REALMS: usize = 1000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Limiting {
    max_realms: Limit,
    max_connections: Option<Limit>,
    max_message_size: Limit,
    max_queued_bytes: Limit,
    max_queued_messages: Limit,
    join_timeout: Seconds,
    close_timeout: Seconds,
    /// 0 is off.
    ping_interval: Seconds,
    ping_timeout: Seconds,
}

impl Default for Limiting {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_realms: Limit(MAX_REALMS),
            max_connections: limits.max_connections.map(Limit),
            max_message_size: Limit(limits.max_message_size),
            max_queued_bytes: Limit(limits.max_queued_bytes),
            max_queued_messages: Limit(limits.max_queued_messages),
            join_timeout: Seconds(limits.join_timeout),
            close_timeout: Seconds(limits.close_timeout),
            ping_interval: Seconds(limits.ping_interval.unwrap_or_default()),
            ping_timeout: Seconds(limits.ping_timeout),
        }
    }
}

impl Limiting {
    pub(super) fn realms(&self) -> usize {
        self.max_realms.0
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            max_connections: self.max_connections.map(|count| count.0),
            max_message_size: self.max_message_size.0,
            max_queued_bytes: self.max_queued_bytes.0,
            max_queued_messages: self.max_queued_messages.0,
            join_timeout: self.join_timeout.0,
            close_timeout: self.close_timeout.0,
            ping_interval: Some(self.ping_interval.0).filter(|interval| !interval.is_zero()),
            ping_timeout: self.ping_timeout.0,
        }
    }
}
