//! The rules by which a connection's frames are taken apart.

use bytes::{Bytes, BytesMut};
use tokio_tungstenite::tungstenite::Error;
use wamp_proto::Serializer;

use super::Kind;
use super::assembly::{Assembly, Frame};
use super::header::{Header, Sender};
use super::rawsocket::RawFrames;

/// One of the two framings. Where the bytes are meanwhile is the reader's affair.
#[derive(Debug)]
pub(crate) enum Framing {
    /// RFC 6455.
    WebSocket(Assembly),
    /// A length and a message.
    RawSocket(RawFrames),
}

/// Which of them it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[default]
    WebSocket,
    RawSocket,
}

impl Framing {
    /// To read what that sender sends, who speaks the protocol with that serializer.
    pub(crate) fn new(protocol: Protocol, serializer: Serializer, from: Sender, max_message_size: usize) -> Self {
        match protocol {
            Protocol::WebSocket => Self::WebSocket(Assembly::new(from, max_message_size)),
            Protocol::RawSocket => Self::RawSocket(RawFrames::new(serializer, max_message_size)),
        }
    }

    pub(crate) fn set_max_message_size(&mut self, size: usize) {
        match self {
            Self::WebSocket(assembly) => assembly.set_max_message_size(size),
            Self::RawSocket(frames) => frames.set_max_message_size(size),
        }
    }

    /// The header that the bytes begin with, and its own size; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the header breaks the rules, or the message gets too large.
    pub(crate) fn header(&self, bytes: &[u8]) -> Result<Option<(Header, usize)>, Error> {
        match self {
            Self::WebSocket(assembly) => assembly.header(bytes),
            Self::RawSocket(frames) => frames.header(bytes),
        }
    }

    /// Takes the payload of that header, unmasked.
    ///
    /// # Errors
    /// When it breaks the rules.
    pub(crate) fn complete<P>(&mut self, header: Header, payload: P) -> Result<Frame, Error>
    where
        P: AsRef<[u8]> + Into<Bytes> + Into<BytesMut>,
    {
        match (self, header.kind) {
            (Self::WebSocket(assembly), _) => assembly.complete(header, payload),
            (_, Kind::Ping) => Ok(Frame::Ping(payload.into())),
            (_, Kind::Pong) => Ok(Frame::Pong),
            (_, kind) => Frame::message(kind == Kind::Text, payload.into()),
        }
    }
}
