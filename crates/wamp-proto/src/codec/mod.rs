//! Frames to messages and back.

use bytes::Bytes;

use crate::Message;

/// A serialization format, as negotiated by the WebSocket subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Serializer {
    /// `wamp.2.json`, in text frames.
    Json,
    /// `wamp.2.msgpack`, in binary frames.
    MsgPack,
}

/// Why a frame is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The frame is not one value of its format.
    #[error("{0}")]
    Malformed(String),
    /// The frame is well-formed, but the message is not what the specification says.
    #[error("{0}")]
    Invalid(String),
    /// A message code this library does not know.
    #[error("unknown message code {0}")]
    UnknownCode(u64),
}

/// Why a message cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(pub String);

impl Serializer {
    /// Reads one message.
    ///
    /// # Errors
    /// [`DecodeError`] when the frame is not a message.
    pub fn decode(self, frame: Bytes) -> Result<Message, DecodeError> {
        let _ = frame;
        Err(DecodeError::Malformed("not yet".into()))
    }

    /// Writes one message; a payload in another format is transcoded.
    ///
    /// # Errors
    /// [`EncodeError`] when the payload holds what this format cannot express, for example NaN in JSON.
    pub fn encode(self, message: &Message) -> Result<Bytes, EncodeError> {
        let _ = message;
        Err(EncodeError("not yet".into()))
    }
}
