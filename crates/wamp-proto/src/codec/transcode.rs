//! From one format to the other, value by value, without a tree in between.

mod events;
mod from_cbor;
mod from_json;
mod from_msgpack;

pub(super) use from_json::is_within as is_json_within;

use super::Serializer;
use super::cbor::Cbor;
use super::json::Json;
use super::msgpack::MsgPack;
use super::sink::{Sink, Written};

/// Appends a value that is written in the first format, in the second.
pub(super) fn append(out: &mut Vec<u8>, slice: &[u8], from: Serializer, to: Serializer) -> Written {
    if from == to {
        out.extend_from_slice(slice);
        return Ok(());
    }
    match to {
        Serializer::Json => append_to::<Json>(out, slice, from),
        Serializer::MsgPack => append_to::<MsgPack>(out, slice, from),
        Serializer::Cbor => append_to::<Cbor>(out, slice, from),
    }
}

fn append_to<S: Sink>(out: &mut Vec<u8>, slice: &[u8], from: Serializer) -> Written {
    match from {
        Serializer::Json => from_json::append::<S>(out, slice),
        Serializer::MsgPack => from_msgpack::append::<S>(out, slice),
        Serializer::Cbor => from_cbor::append::<S>(out, slice),
    }
}
