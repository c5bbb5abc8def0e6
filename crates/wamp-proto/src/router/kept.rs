//! An event that the router keeps for later: retained, or in the event history.

use bytestring::ByteString;

use super::footprint;
use super::listing::Listing;
use super::publish::{Publication, event_details};
use crate::message::Event;
use crate::uri::Match;
use crate::{Dict, Id, Message, Payload};

/// What an event costs beside its contents.
const OVERHEAD: usize = 512;

/// An event with everything that is needed to send it to somebody else.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) publication: Id,
    pub(super) topic: ByteString,
    pub(super) details: Dict,
    pub(super) payload: Payload,
    pub(super) listing: Listing,
    size: usize,
}

impl Kept {
    /// Copies the payload: it is a slice of a frame, all of which it would keep in memory.
    pub(super) fn new(publication: &Publication<'_>) -> Self {
        let Publication { id, message, listing, details } = publication;
        Self {
            publication: *id,
            topic: message.topic.clone(),
            details: details.clone(),
            payload: message.payload.detached(),
            listing: listing.clone(),
            size: OVERHEAD
                + message.topic.len()
                + message.payload.len()
                + footprint::encoded(details)
                + listed(publication),
        }
    }

    /// The memory that it takes, roughly.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The event for a subscription of that policy, marked as one of old.
    pub(super) fn retained(&self, subscription: Id, policy: Match) -> Message {
        let details = event_details(&self.topic, policy, &self.details).with("retained", true);
        let (publication, payload) = (self.publication, self.payload.clone());
        Message::Event(Event { subscription, publication, details, payload })
    }
}

/// The options that a listing is made of.
fn listed(publication: &Publication<'_>) -> usize {
    let for_everybody = publication.listing.is_for_everybody();
    if for_everybody { 0 } else { footprint::decoded(&publication.message.options) }
}
