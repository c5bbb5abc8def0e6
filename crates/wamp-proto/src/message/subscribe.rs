//! Subscribing to topics and back (specification: Subscribing and Unsubscribing).

use bytestring::ByteString;

use crate::{Dict, Id};

/// `[SUBSCRIBE, Request|id, Options|dict, Topic|uri]`, subscriber to broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe {
    /// The request's id, of the session scope.
    pub request: Id,
    /// `match`: exact, prefix or wildcard.
    pub options: Dict,
    /// The topic, or the pattern.
    pub topic: ByteString,
}

/// `[SUBSCRIBED, SUBSCRIBE.Request|id, Subscription|id]`, broker to subscriber.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribed {
    /// The request that succeeded.
    pub request: Id,
    /// The subscription's id, of the router scope: the same for everybody on the same topic and policy.
    pub subscription: Id,
}

/// `[UNSUBSCRIBE, Request|id, SUBSCRIBED.Subscription|id]`, subscriber to broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribe {
    /// The request's id, of the session scope.
    pub request: Id,
    /// The subscription to leave.
    pub subscription: Id,
}

/// `[UNSUBSCRIBED, UNSUBSCRIBE.Request|id]`, broker to subscriber; with request 0 and details when the broker revoked
/// the subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribed {
    /// The request that succeeded; `None` (0 on the wire) when the broker revoked the subscription by itself.
    pub request: Option<Id>,
    /// For a revocation: `subscription`, `reason`.
    pub details: Dict,
}
