//! What clients may make the router remember.

use serde::Deserialize;
use wamp_proto::router::{Limits, RealmConfig};

use crate::options::Limit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Keeping {
    max_subscriptions: Limit,
    max_registrations: Limit,
    max_uri_bytes: Limit,
    max_open_calls: Limit,
    max_kept_call_bytes: Limit,
    max_waiting_requests: Limit,
    max_waiting_bytes: Limit,
    max_testaments: Limit,
    max_testament_bytes: Limit,
    max_retained_events: Limit,
    max_retained_bytes: Limit,
    max_uri_length: Limit,
    max_pattern_components: Limit,
}

impl Default for Keeping {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_subscriptions: Limit(limits.subscriptions),
            max_registrations: Limit(limits.registrations),
            max_uri_bytes: Limit(limits.uri_bytes),
            max_open_calls: Limit(limits.open_calls),
            max_kept_call_bytes: Limit(limits.kept_call_bytes),
            max_waiting_requests: Limit(limits.waiting_messages),
            max_waiting_bytes: Limit(limits.waiting_bytes),
            max_testaments: Limit(limits.testaments),
            max_testament_bytes: Limit(limits.testament_bytes),
            max_retained_events: Limit(limits.retained_events),
            max_retained_bytes: Limit(limits.retained_bytes),
            max_uri_length: Limit(limits.uri_length),
            max_pattern_components: Limit(limits.pattern_components),
        }
    }
}

impl Keeping {
    pub(super) fn set(&self, realm: RealmConfig) -> RealmConfig {
        let mut limits = realm.limits;
        limits.subscriptions = self.max_subscriptions.0;
        limits.registrations = self.max_registrations.0;
        limits.uri_bytes = self.max_uri_bytes.0;
        limits.open_calls = self.max_open_calls.0;
        limits.kept_call_bytes = self.max_kept_call_bytes.0;
        limits.waiting_messages = self.max_waiting_requests.0;
        limits.waiting_bytes = self.max_waiting_bytes.0;
        limits.testaments = self.max_testaments.0;
        limits.testament_bytes = self.max_testament_bytes.0;
        limits.retained_events = self.max_retained_events.0;
        limits.retained_bytes = self.max_retained_bytes.0;
        limits.uri_length = self.max_uri_length.0;
        limits.pattern_components = self.max_pattern_components.0;
        RealmConfig { limits, ..realm }
    }
}
