//! What one session may make the router remember.

use serde::Deserialize;
use wamp_proto::router::{Limits, RealmConfig};

use crate::options::Count;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Keeping {
    max_subscriptions: Count,
    max_registrations: Count,
    max_open_calls: Count,
    max_uri_length: Count,
    max_pattern_components: Count,
}

impl Default for Keeping {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            max_subscriptions: Count(limits.subscriptions),
            max_registrations: Count(limits.registrations),
            max_open_calls: Count(limits.open_calls),
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
        limits.open_calls = self.max_open_calls.0;
        limits.uri_length = self.max_uri_length.0;
        limits.pattern_components = self.max_pattern_components.0;
        RealmConfig { limits, ..realm }
    }
}
