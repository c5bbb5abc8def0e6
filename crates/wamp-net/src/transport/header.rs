//! The header of a frame, as it is read, and the rules that it has to keep (RFC 6455, sections 5.2 and 5.5).

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};

use super::Kind;

/// What a control frame may carry.
const MAX_CONTROL: usize = 125;

/// Who sends the frames that are read: a client masks them, a server does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Client,
    Server,
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) is_final: bool,
    /// The size of the payload.
    pub(crate) len: usize,
    /// What the payload of a client is masked with.
    pub(crate) key: [u8; 4],
}

/// A header as it stands there.
struct Raw {
    first: u8,
    masked: bool,
    len: u64,
    key: [u8; 4],
    size: usize,
}

impl Header {
    /// The header that the bytes begin with, and its own size; `None` when more bytes are needed.
    ///
    /// A message may have `max` bytes, `before` of which were in the fragments before.
    ///
    /// # Errors
    /// When the header breaks the rules.
    pub(super) fn read(bytes: &[u8], from: Sender, before: usize, max: usize) -> Result<Option<(Self, usize)>, Error> {
        let Some(raw) = Raw::split(bytes, from) else { return Ok(None) };
        let kind = raw.kind()?;
        let (rules, fitting) = (raw.check(kind, from), raw.fit(kind, before, max));
        let len = match from {
            // A client calls too large what is too large, whatever else is wrong with it.
            Sender::Server => {
                let len = fitting?;
                rules?;
                len
            }
            Sender::Client => {
                rules?;
                fitting?
            }
        };
        Ok(Some((Self { kind, is_final: raw.is_final(), len, key: raw.key }, raw.size)))
    }
}

impl Raw {
    fn split(bytes: &[u8], from: Sender) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let (len, more) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 2),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 8),
            short => (u64::from(short), 0),
        };
        let raw = Self { first, masked: second & 0x80 != 0, len, key: [0; 4], size: 2 + more };
        match from {
            Sender::Client if raw.masked => Some(Self { key: *rest[more..].first_chunk()?, size: raw.size + 4, ..raw }),
            _ => Some(raw),
        }
    }

    fn is_final(&self) -> bool {
        self.first & 0x80 != 0
    }

    fn kind(&self) -> Result<Kind, ProtocolError> {
        let opcode = self.first & 0x0f;
        Kind::from_opcode(opcode).ok_or(ProtocolError::InvalidOpcode(opcode))
    }

    fn check(&self, kind: Kind, from: Sender) -> Result<(), ProtocolError> {
        let control = kind.is_control();
        match from {
            Sender::Client if !self.masked => Err(ProtocolError::UnmaskedFrameFromClient),
            _ if self.first & 0x70 != 0 => Err(ProtocolError::NonZeroReservedBits),
            Sender::Server if self.masked => Err(ProtocolError::MaskedFrameFromServer),
            _ if control && !self.is_final() => Err(ProtocolError::FragmentedControlFrame),
            _ if control && self.len > MAX_CONTROL as u64 => Err(ProtocolError::ControlFrameTooBig),
            _ => Ok(()),
        }
    }

    /// The payload's length, if there is room for it.
    fn fit(&self, kind: Kind, before: usize, max: usize) -> Result<usize, CapacityError> {
        let (before, room) = match kind.is_control() {
            true => (0, max.max(MAX_CONTROL)),
            false => (before, max.saturating_sub(before)),
        };
        match usize::try_from(self.len) {
            Ok(len) if len <= room => Ok(len),
            len => {
                let size = len.unwrap_or(usize::MAX).saturating_add(before);
                Err(CapacityError::MessageTooLong { size, max_size: max })
            }
        }
    }
}
