//! What the router announces (specification: Router: Role and Feature Announcement).

use super::accept::Identity;
use super::authorization::Role;
use super::config::{Disclosure, RealmConfig};
use crate::message::Welcome;
use crate::{Dict, Id, Message};

const BROKER: [&str; 5] = [
    "pattern_based_subscription",
    "payload_passthru_mode",
    "publisher_exclusion",
    "subscriber_blackwhite_listing",
    "subscription_revocation",
];

const DEALER: [&str; 9] = [
    "call_canceling",
    "call_reroute",
    "call_timeout",
    "pattern_based_registration",
    "payload_passthru_mode",
    "progressive_call_invocations",
    "progressive_call_results",
    "registration_revocation",
    "shared_registration",
];

/// The broker's features, those included that the realm's configuration switches on.
fn broker(config: &RealmConfig) -> Dict {
    let optional = [
        ("publisher_identification", discloses(config)),
        ("event_history", !config.history.is_empty()),
        ("event_retention", config.limits.retained_events > 0),
        ("publication_trustlevels", config.trust_levels.is_some()),
        ("session_meta_api", config.meta.session),
        ("subscription_meta_api", config.meta.subscription),
    ];
    role(&BROKER, &optional)
}

/// Whether anybody is ever disclosed, by the realm or by a rule of a role.
fn discloses(config: &RealmConfig) -> bool {
    let mut roles = config.roles.iter().flat_map(|roles| roles.values());
    config.disclosure != Disclosure::Never || roles.any(Role::discloses)
}

fn dealer(config: &RealmConfig) -> Dict {
    let optional = [
        ("call_trustlevels", config.trust_levels.is_some()),
        ("caller_identification", discloses(config)),
        ("registration_meta_api", config.meta.registration),
        ("session_meta_api", config.meta.session),
        ("testament_meta_api", config.limits.testaments > 0),
    ];
    role(&DEALER, &optional)
}

/// WELCOME for that client.
pub(super) fn welcome(session: Id, identity: &Identity, config: &RealmConfig) -> Message {
    let mut details = Dict::new()
        .with("agent", concat!("Loowy/", env!("CARGO_PKG_VERSION")))
        .with("realm", identity.realm.clone())
        .with("authid", identity.authid.clone())
        .with("authrole", identity.authrole.clone())
        .with("authmethod", identity.authmethod.clone())
        .with("authprovider", identity.authprovider.clone())
        .with("roles", Dict::new().with("broker", broker(config)).with("dealer", dealer(config)));
    if !identity.authextra.is_empty() {
        details.insert("authextra", identity.authextra.clone());
    }
    Message::Welcome(Welcome { session, details })
}

fn role(always: &[&'static str], optional: &[(&'static str, bool)]) -> Dict {
    let optional = optional.iter().filter(|(_, on)| *on).map(|(feature, _)| feature);
    let features: Dict = always.iter().chain(optional).map(|feature| (*feature, true)).collect();
    Dict::new().with("features", features)
}
