//! Past events as the result of a call. Their payloads are spliced in as they are, like those of any message: whoever
//! asks gets what a subscriber of the same format has got.

use bytes::Bytes;

use super::super::history::PastEvent;
use crate::codec::MAX_DEPTH;
use crate::timestamp::iso8601;
use crate::{Dict, EncodeError, Id, Payload, Serializer};

/// How deep a payload may nest: it stands in an event, that in a list, and all of it is one value to be read.
const DEEPEST: usize = MAX_DEPTH - 3;

/// The events of one answer, for a caller that speaks a certain format.
pub(super) struct EventList {
    format: Serializer,
    events: Vec<Bytes>,
    size: usize,
}

impl EventList {
    pub(super) const fn new(format: Serializer) -> Self {
        Self { format, events: Vec::new(), size: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Adds an event, unless the caller's format cannot express it, as it would not have arrived when it was published
    /// either; or unless it nests so deeply that nobody could read the whole answer.
    pub(super) fn push(&mut self, subscription: Id, event: &PastEvent, details: Dict) {
        let head = Dict::new()
            .with("timestamp", iso8601(event.at))
            .with("subscription", subscription)
            .with("publication", event.kept.publication)
            .with("details", details);
        if let Ok(bytes) = self.write(&head, &event.kept.payload) {
            self.size += bytes.len();
            self.events.push(bytes);
        }
    }

    fn write(&self, head: &Dict, payload: &Payload) -> Result<Bytes, EncodeError> {
        let payload = payload.to(self.format)?;
        if ![&payload.args, &payload.kwargs].into_iter().flatten().all(|slice| self.format.nests_within(slice, DEEPEST))
        {
            return Err(EncodeError("nested too deeply for an answer".into()));
        }
        let head = head.iter().map(|(key, value)| (&**key, self.format.write_value(value)));
        let tail = [("args", payload.args), ("kwargs", payload.kwargs)];
        let tail = tail.into_iter().filter_map(|(key, slice)| Some((key, slice?)));
        self.format.splice_dict(&head.chain(tail).collect::<Vec<_>>())
    }

    /// The arguments of the result: each event is one, and `more` says whether there are others behind the last one.
    pub(super) fn finish(self, more: bool) -> Payload {
        let kwargs = self.format.write_value(&Dict::new().with("more", more).into());
        Payload { serializer: self.format, args: self.format.splice_list(&self.events).ok(), kwargs: Some(kwargs) }
    }
}
