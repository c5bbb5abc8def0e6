//! From one format to the other, value by value, without a tree in between.

mod to_json;
mod to_msgpack;

use super::{EncodeError, Serializer};

/// Appends a value that is written in the first format, in the second.
pub(super) fn append(out: &mut Vec<u8>, slice: &[u8], from: Serializer, to: Serializer) -> Result<(), EncodeError> {
    match (from, to) {
        (Serializer::Json, Serializer::MsgPack) => to_msgpack::append(out, slice),
        (Serializer::MsgPack, Serializer::Json) => to_json::append(out, slice),
        (Serializer::Json, Serializer::Json) | (Serializer::MsgPack, Serializer::MsgPack) => {
            out.extend_from_slice(slice);
            Ok(())
        }
    }
}
