//! Subscribing to topics and back (specification: Subscribing and Unsubscribing).

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id};

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

impl Subscribe {
    /// The message's code.
    pub const CODE: u64 = 32;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("Request")?, options: r.dict("Options")?, topic: r.string("Topic")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options).string(&self.topic);
    }
}

/// `[SUBSCRIBED, SUBSCRIBE.Request|id, Subscription|id]`, broker to subscriber.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribed {
    /// The request that succeeded.
    pub request: Id,
    /// The subscription's id, of the router scope: the same for everybody on the same topic and policy.
    pub subscription: Id,
}

impl Subscribed {
    /// The message's code.
    pub const CODE: u64 = 33;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("SUBSCRIBE.Request")?, subscription: r.id("Subscription")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.subscription);
    }
}

/// `[UNSUBSCRIBE, Request|id, SUBSCRIBED.Subscription|id]`, subscriber to broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribe {
    /// The request's id, of the session scope.
    pub request: Id,
    /// The subscription to leave.
    pub subscription: Id,
}

impl Unsubscribe {
    /// The message's code.
    pub const CODE: u64 = 34;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("Request")?, subscription: r.id("SUBSCRIBED.Subscription")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.subscription);
    }
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

impl Unsubscribed {
    /// The message's code.
    pub const CODE: u64 = 35;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        let request = r.revocable_id("UNSUBSCRIBE.Request")?;
        let details = if request.is_none() { r.optional_dict("Details")? } else { Dict::new() };
        Ok(Self { request, details })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        match self.request {
            Some(request) => w.id(request),
            None => w.integer(0).dict(&self.details),
        };
    }
}
