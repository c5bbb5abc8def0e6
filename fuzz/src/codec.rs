//! What must hold for any frame.

use bytes::Bytes;
use wamp_proto::Serializer;

/// A frame that is a message can be written again, in this format always and in the others where it is expressible;
/// what was written is read again, and written the same.
pub fn decode(serializer: Serializer, frame: &[u8]) {
    let Ok(message) = serializer.decode(Bytes::copy_from_slice(frame)) else { return };
    assert!(serializer.encode(&message).is_ok(), "{message:?} cannot be written again");
    for other in Serializer::ALL {
        let Ok(written) = other.encode(&message) else { continue };
        let read = other.decode(written.clone()).unwrap_or_else(|error| panic!("{error}: {written:?}"));
        assert_eq!(read.name(), message.name());
        assert_eq!(other.encode(&read).as_ref(), Ok(&written), "{message:?}");
    }
}

/// A value that can be changed to another format can be changed back, and again to the same bytes.
pub fn transcode(value: &[u8]) {
    let value = Bytes::copy_from_slice(value);
    let pairs = Serializer::ALL.into_iter().flat_map(|from| Serializer::ALL.map(|to| (from, to)));
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        let Ok(there) = Serializer::transcode(&value, from, to) else { continue };
        let back = Serializer::transcode(&there, to, from).unwrap_or_else(|error| panic!("{error}: {there:?}"));
        assert_eq!(Serializer::transcode(&back, from, to).as_ref(), Ok(&there), "{value:?}");
    }
}
