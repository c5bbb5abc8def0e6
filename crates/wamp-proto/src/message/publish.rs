//! Publishing and receiving events (specification: Publish and Subscribe).

use bytestring::ByteString;

use crate::{Dict, Id, Payload};

/// `[PUBLISH, Request|id, Options|dict, Topic|uri, Arguments|list, ArgumentsKw|dict]`, publisher to broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// The request's id, of the session scope.
    pub request: Id,
    /// `acknowledge`, `exclude_me`, `disclose_me`, `exclude*`, `eligible*` and more.
    pub options: Dict,
    /// The topic published to.
    pub topic: ByteString,
    /// The event.
    pub payload: Payload,
}

/// `[PUBLISHED, PUBLISH.Request|id, Publication|id]`, broker to publisher, when it asked for acknowledgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The request that is acknowledged.
    pub request: Id,
    /// The publication's id, of the global scope.
    pub publication: Id,
}

/// `[EVENT, Subscription|id, Publication|id, Details|dict, Arguments|list, ArgumentsKw|dict]`, broker to subscriber.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The subscription that the event is for.
    pub subscription: Id,
    /// The publication's id.
    pub publication: Id,
    /// `topic` for pattern-based subscriptions, `publisher` where disclosed.
    pub details: Dict,
    /// What was published.
    pub payload: Payload,
}
