//! What clients may make the router remember.

use serde::Deserialize;
use wamp_proto::router::{Limits, RealmConfig};

use crate::options::Count;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Keeping {
    max_subscriptions: Count,
    max_registrations: Count,
    max_uri_bytes: Count,
    max_open_calls: Count,
    max_kept_call_bytes: Count,
    max_waiting_requests: Count,
    max_waiting_bytes: Count,
    max_testaments: Count,
    max_testament_bytes: Count,
    max_retained_events: Count,
    max_retained_bytes: Count,
    max_uri_length: Count,
    max_pattern_components: Count,
}

impl Default for Keeping {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_subscriptions: Count(limits.subscriptions),
            max_registrations: Count(limits.registrations),
            max_uri_bytes: Count(limits.uri_bytes),
            max_open_calls: Count(limits.open_calls),
            max_kept_call_bytes: Count(limits.kept_call_bytes),
            max_waiting_requests: Count(limits.waiting_messages),
            max_waiting_bytes: Count(limits.waiting_bytes),
            max_testaments: Count(limits.testaments),
            max_testament_bytes: Count(limits.testament_bytes),
            max_retained_events: Count(limits.retained_events),
            max_retained_bytes: Count(limits.retained_bytes),
            max_uri_length: Count(limits.uri_length),
            max_pattern_components: Count(limits.pattern_components),
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
