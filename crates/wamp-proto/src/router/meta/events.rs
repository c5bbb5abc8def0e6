//! Past events as the result of a call. Their payloads are spliced in as they are, like those of any message. Writing to
//! memory cannot fail, so nobody looks at what the encoder says to it.

use bytes::Bytes;

use super::super::history::PastEvent;
use crate::timestamp::iso8601;
use crate::{Dict, Id, Payload, Serializer};

/// MessagePack: it can express what every other format can.
const FORMAT: Serializer = Serializer::MsgPack;

/// The events of one answer, for a caller that speaks a certain format.
pub(super) struct EventList {
    caller: Serializer,
    events: Vec<u8>,
    count: u32,
}

impl EventList {
    pub(super) const fn new(caller: Serializer) -> Self {
        Self { caller, events: Vec::new(), count: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }

    pub(super) fn size(&self) -> usize {
        self.events.len()
    }

    /// Adds an event, unless the caller's format cannot express it: then it would not have arrived when it was
    /// published either.
    pub(super) fn push(&mut self, subscription: Id, event: &PastEvent, details: Dict) {
        let head = Dict::new()
            .with("timestamp", iso8601(event.at))
            .with("subscription", subscription)
            .with("publication", event.kept.publication)
            .with("details", details);
        let Ok(payload) = event.kept.payload.to(FORMAT) else { return };
        let mut bytes = Vec::new();
        put_event(&mut bytes, &head, &payload);
        if FORMAT == self.caller || Serializer::transcode(&list(1, &bytes), FORMAT, self.caller).is_ok() {
            self.events.extend(bytes);
            self.count += 1;
        }
    }

    /// The arguments of the result: each event is one, and `more` says whether there are others behind the last one.
    pub(super) fn finish(self, more: bool) -> Payload {
        let kwargs = FORMAT.write_value(&Dict::new().with("more", more).into());
        Payload { serializer: FORMAT, args: Some(list(self.count, &self.events)), kwargs: Some(kwargs) }
    }
}

/// A list of so many elements.
fn list(count: u32, elements: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(elements.len() + 5);
    let _ = rmp::encode::write_array_len(&mut out, count);
    out.extend_from_slice(elements);
    out.into()
}

fn put_event(out: &mut Vec<u8>, head: &Dict, payload: &Payload) {
    let raw = [("args", &payload.args), ("kwargs", &payload.kwargs)];
    let raw = raw.into_iter().filter_map(|(key, slice)| Some((key, slice.as_ref()?)));
    let _ = rmp::encode::write_map_len(out, (head.len() + raw.clone().count()) as u32);
    for (key, value) in head.iter() {
        let _ = rmp::encode::write_str(out, key);
        out.extend_from_slice(&FORMAT.write_value(value));
    }
    for (key, slice) in raw {
        let _ = rmp::encode::write_str(out, key);
        out.extend_from_slice(slice);
    }
}
