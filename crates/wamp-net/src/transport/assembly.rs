//! What frames make up: messages out of their fragments, texts, the closing (RFC 6455, sections 5.4, 5.5 and 8.1).
//!
//! Both sides of a connection read by these rules. Where the bytes are meanwhile is the reader's affair.

use bytes::{Bytes, BytesMut};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;
use tokio_tungstenite::tungstenite::{Error, Utf8Bytes};

use super::Kind;
use super::header::{Header, Sender};

/// What the peer sent.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    /// A message, from however many fragments. Text is UTF-8.
    Message {
        text: bool,
        bytes: Bytes,
    },
    /// A part of a message.
    Fragment,
    Ping(Bytes),
    Pong,
    Close(Option<CloseFrame>),
}

/// Puts messages together.
#[derive(Debug)]
pub(crate) struct Assembly {
    from: Sender,
    max_message_size: usize,
    /// The fragments of a message before the present frame.
    fragments: Option<Fragments>,
}

#[derive(Debug)]
struct Fragments {
    text: bool,
    bytes: BytesMut,
}

impl Assembly {
    pub(crate) fn new(from: Sender, max_message_size: usize) -> Self {
        Self { from, max_message_size, fragments: None }
    }

    pub(crate) fn set_max_message_size(&mut self, size: usize) {
        self.max_message_size = size;
    }

    /// The header that the bytes begin with, and its own size; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the header breaks the rules, or the message gets too large.
    pub(crate) fn header(&self, bytes: &[u8]) -> Result<Option<(Header, usize)>, Error> {
        let before = self.fragments.as_ref().map_or(0, |fragments| fragments.bytes.len());
        Header::read(bytes, self.from, before, self.max_message_size)
    }

    /// Takes the payload of that header, unmasked.
    ///
    /// # Errors
    /// When it breaks the rules.
    pub(crate) fn complete<P>(&mut self, header: Header, payload: P) -> Result<Frame, Error>
    where
        P: AsRef<[u8]> + Into<Bytes> + Into<BytesMut>,
    {
        let text = match header.kind {
            Kind::Ping => return Ok(Frame::Ping(payload.into())),
            Kind::Pong => return Ok(Frame::Pong),
            Kind::Close => return closing(&payload.into()),
            Kind::Continuation => return self.on_continuation(header.is_final, payload.as_ref()),
            Kind::Text => true,
            Kind::Binary => false,
        };
        if self.fragments.is_some() {
            let kind = if text { Data::Text } else { Data::Binary };
            return Err(ProtocolError::ExpectedFragment(kind).into());
        }
        if header.is_final {
            return Frame::message(text, payload.into());
        }
        self.fragments = Some(Fragments { text, bytes: payload.into() });
        Ok(Frame::Fragment)
    }

    fn on_continuation(&mut self, is_final: bool, payload: &[u8]) -> Result<Frame, Error> {
        let fragments = self.fragments.as_mut().ok_or(ProtocolError::UnexpectedContinueFrame)?;
        fragments.bytes.extend_from_slice(payload);
        match self.fragments.take_if(|_| is_final) {
            Some(Fragments { text, bytes }) => Frame::message(text, bytes.freeze()),
            None => Ok(Frame::Fragment),
        }
    }
}

impl Frame {
    /// A message, if it is what it says.
    pub(super) fn message(text: bool, bytes: Bytes) -> Result<Self, Error> {
        if text && let Err(error) = std::str::from_utf8(&bytes) {
            return Err(Error::Utf8(error.to_string()));
        }
        Ok(Self::Message { text, bytes })
    }
}

fn closing(payload: &Bytes) -> Result<Frame, Error> {
    let Some((code, _)) = payload.split_first_chunk() else {
        return match payload.len() {
            0 => Ok(Frame::Close(None)),
            _ => Err(ProtocolError::InvalidCloseSequence.into()),
        };
    };
    let reason = Utf8Bytes::try_from(payload.slice(2..))?;
    Ok(Frame::Close(Some(CloseFrame { code: u16::from_be_bytes(*code).into(), reason })))
}
