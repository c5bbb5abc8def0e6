//! Publishing and receiving events (specification: Publish and Subscribe).

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id, Payload};

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

impl Publish {
    /// The message's code.
    pub const CODE: u64 = 16;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self {
            request: r.id("Request")?,
            options: r.dict("Options")?,
            topic: r.string("Topic")?,
            payload: r.payload(),
        })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options).string(&self.topic).payload(&self.payload);
    }
}

/// `[PUBLISHED, PUBLISH.Request|id, Publication|id]`, broker to publisher, when it asked for acknowledgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The request that is acknowledged.
    pub request: Id,
    /// The publication's id, of the global scope.
    pub publication: Id,
}

impl Published {
    /// The message's code.
    pub const CODE: u64 = 17;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("PUBLISH.Request")?, publication: r.id("Publication")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.publication);
    }
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

impl Event {
    /// The message's code.
    pub const CODE: u64 = 36;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self {
            subscription: r.id("SUBSCRIBED.Subscription")?,
            publication: r.id("PUBLISHED.Publication")?,
            details: r.dict("Details")?,
            payload: r.payload(),
        })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.subscription).id(self.publication).dict(&self.details).payload(&self.payload);
    }
}
