//! Frames to messages and back.
//!
//! Each message describes its fields once, in the order of the specification, to a `Reader` and a `Writer`. Both
//! are generic over a `Format`, which knows how its values look as bytes; another format is one more file here.

pub mod cbor;
mod fields;
mod format;
mod json;
mod msgpack;
mod reader;
mod sink;
mod source;
mod splice;
mod transcode;
mod writer;

use std::borrow::Cow;

use bytes::Bytes;

use cbor::Cbor;
pub(crate) use format::Format;
use json::Json;
use msgpack::MsgPack;
pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

use crate::{Dict, Message, Value};

/// A serialization format, as negotiated by the WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Serializer {
    /// `wamp.2.json`, in text frames.
    Json,
    /// `wamp.2.msgpack`, in binary frames.
    MsgPack,
    /// `wamp.2.cbor`, in binary frames.
    Cbor,
}

/// Why a frame is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The frame is not one value of its format, or not a list.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The frame is well-formed, but the message is not what the specification says.
    #[error("{message}.{field} {problem}")]
    Invalid {
        /// The message's name, for example `EVENT`.
        message: &'static str,
        /// The field in the specification's words, for example `Subscription` or `Details.publisher`.
        field: String,
        /// What is wrong with it, for example `is not an id`.
        problem: Cow<'static, str>,
    },
    /// A message code this library does not know.
    #[error("unknown message code {0}")]
    UnknownCode(u64),
}

/// Why a message cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(pub String);

impl EncodeError {
    /// One level down; fails at the bottom.
    fn descend(depth: usize) -> Result<usize, Self> {
        depth.checked_sub(1).filter(|&left| left > 0).ok_or_else(|| Self("nested too deeply".into()))
    }
}

/// How deep the lists and dictionaries of a [`Value`] and of a transcoded payload may nest: fewer than this.
pub const MAX_DEPTH: usize = 128;

/// How many values one option or detail may hold in all, so that a frame of one-byte values cannot take many times
/// its size once decoded.
pub const MAX_VALUES: usize = 1 << 18;

impl Serializer {
    /// Each format, the default first.
    pub const ALL: [Self; 3] = [Self::Json, Self::MsgPack, Self::Cbor];

    /// The WebSocket subprotocol that stands for the format.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "wamp.2.json",
            Self::MsgPack => "wamp.2.msgpack",
            Self::Cbor => "wamp.2.cbor",
        }
    }

    /// The format that a WebSocket subprotocol stands for.
    #[must_use]
    pub fn from_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|serializer| serializer.subprotocol() == name)
    }

    /// Whether its frames are binary, not text.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::MsgPack | Self::Cbor)
    }

    /// Reads one message. The payload stays undecoded, as slices of the frame.
    ///
    /// # Errors
    /// [`DecodeError`] when the frame is not a message.
    pub fn decode(self, frame: Bytes) -> Result<Message, DecodeError> {
        match self {
            Self::Json => Message::read::<Json>(&frame),
            Self::MsgPack => Message::read::<MsgPack>(&frame),
            Self::Cbor => Message::read::<Cbor>(&frame),
        }
    }

    /// Writes one message; a payload in another format is transcoded.
    ///
    /// # Errors
    /// [`EncodeError`] when the message holds what this format cannot express, for example NaN in JSON.
    pub fn encode(self, message: &Message) -> Result<Bytes, EncodeError> {
        match self {
            Self::Json => message.write::<Json>(),
            Self::MsgPack => message.write::<MsgPack>(),
            Self::Cbor => message.write::<Cbor>(),
        }
    }

    /// Reads one value that fills the slice, for example the `args` of a [`crate::Payload`].
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] when the slice is not one value, or holds what a [`Value`] cannot: dictionary keys
    /// that are not strings, extension types, simple values of CBOR, more than [`MAX_DEPTH`] levels or [`MAX_VALUES`] values.
    pub fn read_value(self, slice: &[u8]) -> Result<Value, DecodeError> {
        match self {
            Self::Json => Json::value(slice),
            Self::MsgPack => MsgPack::value(slice),
            Self::Cbor => Cbor::value(slice),
        }
    }

    /// Writes one value. What the format cannot express (NaN and infinities in JSON, nesting beyond [`MAX_DEPTH`])
    /// becomes null as a whole.
    #[must_use]
    pub fn write_value(self, value: &Value) -> Bytes {
        self.try_write_value(value).unwrap_or_else(|_| Bytes::from_static(self.null()))
    }

    /// Writes one value.
    ///
    /// # Errors
    /// [`EncodeError`] when it holds what the format cannot express.
    pub fn try_write_value(self, value: &Value) -> Result<Bytes, EncodeError> {
        let mut out = Vec::new();
        match self {
            Self::Json => sink::put_value::<Json>(&mut out, value)?,
            Self::MsgPack => sink::put_value::<MsgPack>(&mut out, value)?,
            Self::Cbor => sink::put_value::<Cbor>(&mut out, value)?,
        }
        Ok(out.into())
    }

    /// The same value in another format; within one format, the same bytes.
    ///
    /// # Errors
    /// [`EncodeError`] when the value is malformed, nests beyond [`MAX_DEPTH`], or holds what the other format cannot
    /// express: for JSON, NaN, infinities, extension types and keys that are not strings.
    pub fn transcode(slice: &Bytes, from: Self, to: Self) -> Result<Bytes, EncodeError> {
        if from == to {
            return Ok(slice.clone());
        }
        let mut out = Vec::with_capacity(slice.len() + slice.len() / 4);
        transcode::append(&mut out, slice, from, to)?;
        Ok(out.into())
    }

    /// Checks options or details that have not come in the message of that name, but are for one.
    ///
    /// # Errors
    /// [`DecodeError::Invalid`] for a member of the wrong type.
    pub(crate) fn check_members(self, message: &'static str, dict: &mut Dict) -> Result<(), DecodeError> {
        fields::check(message, dict, self).map_err(|wrong| DecodeError::Invalid {
            message,
            field: wrong.key.into(),
            problem: wrong.problem.into(),
        })
    }

    /// A list of elements that are written in this format already.
    ///
    /// # Errors
    /// [`EncodeError`] when they are more than the format can count.
    pub(crate) fn splice_list(self, elements: &[Bytes]) -> Result<Bytes, EncodeError> {
        match self {
            Self::Json => splice::list::<Json>(elements),
            Self::MsgPack => splice::list::<MsgPack>(elements),
            Self::Cbor => splice::list::<Cbor>(elements),
        }
    }

    /// A dictionary of values that are written in this format already.
    ///
    /// # Errors
    /// [`EncodeError`] as for [`Self::splice_list`].
    pub(crate) fn splice_dict(self, members: &[(&str, Bytes)]) -> Result<Bytes, EncodeError> {
        match self {
            Self::Json => splice::dict::<Json>(members),
            Self::MsgPack => splice::dict::<MsgPack>(members),
            Self::Cbor => splice::dict::<Cbor>(members),
        }
    }

    /// The first elements of a list, undecoded: as many as the longest message has.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`] when the slice is not a list.
    pub(crate) fn first_elements(self, list: &Bytes) -> Result<Vec<Bytes>, DecodeError> {
        let elements = match self {
            Self::Json => Json::split(list)?,
            Self::MsgPack => MsgPack::split(list)?,
            Self::Cbor => Cbor::split(list)?,
        };
        Ok(elements.iter().map(|element| list.slice_ref(element)).collect())
    }

    /// Whether the lists and dictionaries of a value nest no deeper than so many levels.
    pub(crate) fn nests_within(self, value: &[u8], levels: usize) -> bool {
        match self {
            Self::Json => transcode::is_json_within(value, levels),
            Self::MsgPack => msgpack::is_within(value, levels).unwrap_or(false),
            Self::Cbor => cbor::is_within(value, levels).unwrap_or(false),
        }
    }

    pub(crate) fn is_list(self, slice: &[u8]) -> bool {
        match self {
            Self::Json => slice.first() == Some(&b'['),
            Self::MsgPack => matches!(slice, [0x90..=0x9f | 0xdc | 0xdd, ..]),
            Self::Cbor => cbor::is_list(slice),
        }
    }

    pub(crate) fn is_dict(self, slice: &[u8]) -> bool {
        match self {
            Self::Json => slice.first() == Some(&b'{'),
            Self::MsgPack => matches!(slice, [0x80..=0x8f | 0xde | 0xdf, ..]),
            Self::Cbor => cbor::is_dict(slice),
        }
    }

    const fn null(self) -> &'static [u8] {
        match self {
            Self::Json => b"null",
            Self::MsgPack => b"\xc0",
            Self::Cbor => b"\xf6",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
