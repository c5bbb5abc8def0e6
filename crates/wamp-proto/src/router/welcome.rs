//! What the router announces (specification: Router: Role and Feature Announcement).

use super::accept::Identity;
use crate::message::Welcome;
use crate::{Dict, Id, Message};

const BROKER: [&str; 4] =
    ["pattern_based_subscription", "publisher_exclusion", "publisher_identification", "subscriber_blackwhite_listing"];

const DEALER: [&str; 9] = [
    "call_canceling",
    "call_timeout",
    "caller_identification",
    "pattern_based_registration",
    "payload_passthru_mode",
    "progressive_call_invocations",
    "progressive_call_results",
    "registration_revocation",
    "shared_registration",
];

/// WELCOME for that client.
pub(super) fn welcome(session: Id, identity: &Identity) -> Message {
    let details = Dict::new()
        .with("agent", concat!("Loowy/", env!("CARGO_PKG_VERSION")))
        .with("realm", identity.realm.clone())
        .with("authid", identity.authid.clone())
        .with("authrole", identity.authrole.clone())
        .with("authmethod", identity.authmethod.clone())
        .with("authprovider", identity.authprovider.clone())
        .with("roles", Dict::new().with("broker", role(&BROKER)).with("dealer", role(&DEALER)));
    Message::Welcome(Welcome { session, details })
}

fn role(features: &[&'static str]) -> Dict {
    let features: Dict = features.iter().map(|feature| (*feature, true)).collect();
    Dict::new().with("features", features)
}
