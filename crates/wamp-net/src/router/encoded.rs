//! A message in the formats of its receivers, made once for all of them.

use bytes::Bytes;
use wamp_proto::message::Event;
use wamp_proto::{EncodeError, Message, Payload, Serializer};

/// Tells in the details of an event how many events its receiver has lost since the one that it got before: a name of
/// our own, which begins with an underscore (specification: Messages, Extensibility).
const DROPPED: &str = "_dropped";

/// An event for who has lost so many before it. Nobody else gets these bytes.
pub(super) fn after(event: &Event, lost: u64, serializer: Serializer) -> Option<Bytes> {
    let mut event = event.clone();
    if lost > 0 {
        event.details.insert(DROPPED, lost);
    }
    serializer.encode(&Message::Event(event)).ok()
}

/// A message in the formats that were asked for; `Some(None)` where a format cannot express it.
pub(super) struct Encoded<'a> {
    message: &'a Message,
    transcoded: &'a mut Transcoded,
    frames: [Option<Option<Bytes>>; Serializer::ALL.len()],
}

/// The payload of the publication that is being delivered, in each format that it did not come in. The subscriptions
/// that it matches have an event each, and share it.
#[derive(Default)]
pub(super) struct Transcoded([Option<(Payload, Result<Payload, EncodeError>)>; Serializer::ALL.len()]);

impl<'a> Encoded<'a> {
    pub(super) fn new(message: &'a Message, transcoded: &'a mut Transcoded) -> Self {
        Self { message, transcoded, frames: Default::default() }
    }

    /// The bytes that the payload of an event takes in that format, so far as it can be expressed.
    pub(super) fn event_size(&mut self, serializer: Serializer) -> usize {
        let Message::Event(event) = self.message else { return 0 };
        self.transcoded.payload(&event.payload, serializer).map_or(0, |payload| payload.len())
    }

    /// The event, if it is one.
    pub(super) fn event(&self) -> Option<&'a Event> {
        if let Message::Event(event) = self.message { Some(event) } else { None }
    }

    /// The event for who has lost so many before it.
    pub(super) fn after(&mut self, lost: u64, serializer: Serializer) -> Option<Bytes> {
        let event = self.event()?;
        let payload = self.transcoded.payload(&event.payload, serializer).ok()?;
        after(&Event { payload, details: event.details.clone(), ..*event }, lost, serializer)
    }

    pub(super) fn frame(&mut self, serializer: Serializer) -> Option<Bytes> {
        let slot = &mut self.frames[serializer as usize];
        slot.get_or_insert_with(|| self.transcoded.encode(self.message, serializer).ok()).clone()
    }
}

impl Transcoded {
    fn encode(&mut self, message: &Message, serializer: Serializer) -> Result<Bytes, EncodeError> {
        match message {
            Message::Event(event) if event.payload.serializer != serializer => {
                let payload = self.payload(&event.payload, serializer)?;
                serializer.encode(&Message::Event(Event { payload, details: event.details.clone(), ..*event }))
            }
            _ => serializer.encode(message),
        }
    }

    fn payload(&mut self, payload: &Payload, serializer: Serializer) -> Result<Payload, EncodeError> {
        let slot = &mut self.0[serializer as usize];
        match slot {
            _ if payload.serializer == serializer => Ok(payload.clone()),
            Some((source, transcoded)) if is_same(source, payload) => transcoded.clone(),
            _ => {
                let transcoded = payload.to(serializer);
                *slot = Some((payload.clone(), transcoded.clone()));
                transcoded
            }
        }
    }
}

/// Whether they are the same memory.
fn is_same(a: &Payload, b: &Payload) -> bool {
    let place = |slice: &Option<Bytes>| slice.as_ref().map(|slice| (slice.as_ptr(), slice.len()));
    a.serializer == b.serializer && place(&a.args) == place(&b.args) && place(&a.kwargs) == place(&b.kwargs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use wamp_proto::{Dict, Id};

    use super::*;

    fn payload(args: &'static str) -> Payload {
        Payload { serializer: Serializer::Json, args: Some(Bytes::from_static(args.as_bytes())), kwargs: None }
    }

    fn event(subscription: u64, payload: &Payload) -> Message {
        let (subscription, publication) = (Id::new(subscription).unwrap(), Id::MIN);
        Message::Event(Event { subscription, publication, details: Dict::new(), payload: payload.clone() })
    }

    #[test]
    fn the_events_of_one_publication_share_their_transcoded_payload() {
        let (mut transcoded, published) = (Transcoded::default(), payload("[1,2]"));
        let first = transcoded.payload(&published, Serializer::MsgPack).unwrap();
        let second = transcoded.payload(&published.clone(), Serializer::MsgPack).unwrap();
        assert!(is_same(&first, &second));
        assert_eq!(first.args.as_deref(), Some(&b"\x92\x01\x02"[..]));
        let cbor = transcoded.payload(&published, Serializer::Cbor).unwrap();
        assert_eq!(cbor.args.as_deref(), Some(&b"\x82\x01\x02"[..]));
        assert!(is_same(&transcoded.payload(&published, Serializer::MsgPack).unwrap(), &first));
        let other = transcoded.payload(&payload("[3]"), Serializer::MsgPack).unwrap();
        assert_eq!(other.args.as_deref(), Some(&b"\x91\x03"[..]));
    }

    #[test]
    fn each_event_has_its_own_head() {
        let (mut transcoded, published) = (Transcoded::default(), payload("[1]"));
        for (subscription, byte) in [(7, b"\x07"), (8, b"\x08")] {
            let message = event(subscription, &published);
            let mut encoded = Encoded::new(&message, &mut transcoded);
            assert_eq!((encoded.event_size(Serializer::Json), encoded.event_size(Serializer::MsgPack)), (3, 2));
            let msgpack = [b"\x95\x24", &byte[..], b"\x01\x80\x91\x01"].concat();
            assert_eq!(encoded.frame(Serializer::MsgPack).unwrap(), msgpack);
            assert_eq!(encoded.frame(Serializer::Json).unwrap(), format!("[36,{subscription},1,{{}},[1]]"));
        }
    }

    #[test]
    fn what_a_format_cannot_express_has_no_frame() {
        let mut transcoded = Transcoded::default();
        let published = Payload { serializer: Serializer::MsgPack, ..payload("\u{1}") };
        let message = event(1, &Payload { args: Some(Bytes::from_static(b"\x91\xd4\x01\x02")), ..published });
        let mut encoded = Encoded::new(&message, &mut transcoded);
        assert_eq!((encoded.event_size(Serializer::Json), encoded.frame(Serializer::Json)), (0, None));
        assert!(encoded.frame(Serializer::MsgPack).is_some());
    }
}
