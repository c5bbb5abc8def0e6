//! An event that waits beside the full queue of its session.

use bytes::Bytes;
use wamp_proto::Serializer;
use wamp_proto::message::Event;

use super::encoded;

/// An event as it was published: it is written in the session's format when it leaves, and by then says how many others
/// the session has lost before it.
#[derive(Debug)]
pub(super) struct Late {
    event: Event,
    /// How many messages have left the queue, from the first on, when this is the next.
    turn: u64,
}

impl Late {
    pub(super) fn new(event: &Event, turn: u64) -> Self {
        Self { event: event.clone(), turn }
    }

    /// How many messages leave before it, when so many have left.
    pub(super) fn messages_before(&self, taken: u64) -> usize {
        usize::try_from(self.turn.saturating_sub(taken)).unwrap_or(usize::MAX)
    }

    /// Its bytes, roughly: those of its payload as it came.
    pub(super) fn size(&self) -> usize {
        self.event.payload.len()
    }

    /// Its bytes, after so many others were lost; `None` when the format cannot express it.
    pub(super) fn write(&self, lost: u64, serializer: Serializer) -> Option<Bytes> {
        encoded::after(&self.event, lost, serializer)
    }
}
