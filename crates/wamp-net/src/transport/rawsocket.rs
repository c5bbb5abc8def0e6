//! RawSocket: the opening handshake, and the header before each message ("RawSocket Transport" of the specification).

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use wamp_proto::Serializer;

use super::Kind;
use super::header::Header;

/// The size of either side's part of the handshake, and of a header.
pub(crate) const PREFIX: usize = 4;

const MAGIC: u8 = 0x7f;
/// The lengths that a peer can announce are powers of two, 2^9 to 2^24.
const SMALLEST: u32 = 9;
const LARGEST: u32 = 24;

/// The types of frames.
const MESSAGE: u8 = 0;
const PING: u8 = 1;
const PONG: u8 = 2;
/// The 25th bit of the length.
const EXTRA: u8 = 1 << 3;

/// The numbers of the serializers.
const NUMBERS: [(u8, &str); 3] = [(1, "wamp.2.json"), (2, "wamp.2.msgpack"), (3, "wamp.2.cbor")];

/// What a peer says of itself in the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) serializer: Serializer,
    /// The longest message that the peer takes.
    pub(crate) max_message_size: usize,
}

/// Why a router does not take a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("serializer unsupported")]
    Serializer,
    #[error("maximum message length unacceptable")]
    Length,
    #[error("use of reserved bits (unsupported feature)")]
    ReservedBits,
    #[error("maximum connection count reached")]
    Connections,
    #[error("error {0} of the handshake")]
    Other(u8),
}

/// Why the four octets of the other side end the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GreetingError {
    /// It speaks something else.
    #[error("it is no RawSocket peer")]
    NoRawSocket,
    /// A client is to be told so, a router has said so.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Greeting {
    /// Announces the largest length that is not larger than what is accepted.
    pub(crate) fn new(serializer: Serializer, max_message_size: usize) -> Self {
        let exponent = max_message_size.checked_ilog2().unwrap_or(0).clamp(SMALLEST, LARGEST);
        Self { serializer, max_message_size: 1 << exponent }
    }

    pub(crate) fn to_octets(self) -> [u8; PREFIX] {
        let length = self.max_message_size.ilog2().clamp(SMALLEST, LARGEST) - SMALLEST;
        // Both are below 16.
        [MAGIC, (length as u8) << 4 | number(self.serializer), 0, 0]
    }

    /// What a client says.
    ///
    /// # Errors
    /// With what a router answers to it.
    pub(crate) fn of_client(octets: [u8; PREFIX]) -> Result<Self, GreetingError> {
        let (second, reserved) = split(octets)?;
        if reserved {
            return Err(Refusal::ReservedBits.into());
        }
        Self::read(second).ok_or_else(|| Refusal::Serializer.into())
    }

    /// What a router answers.
    ///
    /// # Errors
    /// When it refuses the client or answers something else.
    pub(crate) fn of_router(octets: [u8; PREFIX]) -> Result<Self, GreetingError> {
        match split(octets)? {
            (_, true) => Err(GreetingError::NoRawSocket),
            (second, _) if second & 0x0f == 0 => Err(Refusal::from_number(second >> 4).into()),
            (second, _) => Self::read(second).ok_or(GreetingError::NoRawSocket),
        }
    }

    fn read(second: u8) -> Option<Self> {
        let exponent = u32::from(second >> 4) + SMALLEST;
        Some(Self { serializer: from_number(second & 0x0f)?, max_message_size: 1 << exponent })
    }
}

/// The second octet, and whether reserved bits are set.
fn split(octets: [u8; PREFIX]) -> Result<(u8, bool), GreetingError> {
    match octets {
        [MAGIC, second, third, fourth] => Ok((second, third != 0 || fourth != 0)),
        _ => Err(GreetingError::NoRawSocket),
    }
}

impl Refusal {
    pub(crate) fn to_octets(self) -> [u8; PREFIX] {
        let number = match self {
            Self::Serializer => 1,
            Self::Length => 2,
            Self::ReservedBits => 3,
            Self::Connections => 4,
            Self::Other(number) => number,
        };
        [MAGIC, number << 4, 0, 0]
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Serializer,
            2 => Self::Length,
            3 => Self::ReservedBits,
            4 => Self::Connections,
            other => Self::Other(other),
        }
    }
}

fn number(serializer: Serializer) -> u8 {
    let name = serializer.subprotocol();
    NUMBERS.iter().find(|(_, named)| *named == name).map_or(0, |(number, _)| *number)
}

fn from_number(number: u8) -> Option<Serializer> {
    let (_, name) = NUMBERS.iter().find(|(known, _)| *known == number)?;
    Serializer::from_subprotocol(name)
}

/// The header of a frame. A payload has at most 2^24 bytes.
pub(crate) fn header(kind: Kind, length: usize) -> [u8; PREFIX] {
    let kind = match kind {
        Kind::Ping => PING,
        Kind::Pong => PONG,
        _ => MESSAGE,
    };
    let [.., extra, a, b, c] = (length as u64).to_be_bytes();
    [kind | if extra == 0 { 0 } else { EXTRA }, a, b, c]
}

/// What reads the frames of a peer. Each is whole.
#[derive(Debug)]
pub(crate) struct RawFrames {
    /// Whether messages are texts.
    text: bool,
    max_message_size: usize,
}

impl RawFrames {
    pub(super) fn new(serializer: Serializer, max_message_size: usize) -> Self {
        Self { text: !serializer.is_binary(), max_message_size }
    }

    pub(super) fn set_max_message_size(&mut self, size: usize) {
        self.max_message_size = size;
    }

    /// The header that the bytes begin with, and its own size; `None` when more bytes are needed.
    ///
    /// # Errors
    /// When reserved bits are set, or the payload is too large.
    pub(super) fn header(&self, bytes: &[u8]) -> Result<Option<(Header, usize)>, Error> {
        let Some(&[first, a, b, c]) = bytes.first_chunk() else { return Ok(None) };
        let low = u32::from_be_bytes([0, a, b, c]);
        let len = match first & EXTRA {
            0 => low as usize,
            _ if low == 0 => 1 << 24,
            _ => return Err(ProtocolError::NonZeroReservedBits.into()),
        };
        if first & 0xf0 != 0 {
            return Err(ProtocolError::NonZeroReservedBits.into());
        }
        let kind = match first & 0x07 {
            MESSAGE if self.text => Kind::Text,
            MESSAGE => Kind::Binary,
            PING => Kind::Ping,
            PONG => Kind::Pong,
            other => return Err(ProtocolError::InvalidOpcode(other).into()),
        };
        if len > self.max_message_size {
            return Err(CapacityError::MessageTooLong { size: len, max_size: self.max_message_size }.into());
        }
        Ok(Some((Header { kind, is_final: true, len, key: [0; 4] }, PREFIX)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_announces_what_is_accepted_at_the_least() {
        let cases = [(0, 9), (1, 9), (512, 9), (1023, 9), (1024, 10), (1 << 24, 24), (usize::MAX, 24)];
        for (accepted, exponent) in cases {
            let greeting = Greeting::new(Serializer::MsgPack, accepted);
            assert_eq!(greeting.max_message_size, 1 << exponent);
            assert_eq!(greeting.to_octets(), [0x7f, ((exponent - 9) as u8) << 4 | 2, 0, 0]);
            assert_eq!(Greeting::of_client(greeting.to_octets()), Ok(greeting));
            assert_eq!(Greeting::of_router(greeting.to_octets()), Ok(greeting));
        }
    }

    #[test]
    fn each_second_octet_is_read_or_refused_as_the_specification_says() {
        for second in 0..=255_u8 {
            let (exponent, octets) = (second >> 4, [0x7f, second, 0, 0]);
            let known = from_number(second & 0x0f);
            let expected = known.map(|serializer| Greeting { serializer, max_message_size: 512 << exponent });
            assert_eq!(Greeting::of_client(octets), expected.ok_or(Refusal::Serializer.into()));
            let error = match second & 0x0f {
                0 => Refusal::from_number(exponent).into(),
                _ => GreetingError::NoRawSocket,
            };
            assert_eq!(Greeting::of_router(octets), expected.ok_or(error));
        }
    }

    #[test]
    fn a_stranger_is_refused() {
        assert_eq!(Greeting::of_client(*b"GET "), Err(GreetingError::NoRawSocket));
        assert_eq!(Greeting::of_router(*b"HTTP"), Err(GreetingError::NoRawSocket));
        assert_eq!(Greeting::of_client([0x7f, 0xf1, 0, 1]), Err(Refusal::ReservedBits.into()));
        assert_eq!(Greeting::of_client([0x7f, 0xf1, 1, 0]), Err(Refusal::ReservedBits.into()));
        for number in 1..16 {
            let octets = Refusal::from_number(number).to_octets();
            assert_eq!(octets, [0x7f, number << 4, 0, 0]);
            assert_eq!(Greeting::of_router(octets), Err(Refusal::from_number(number).into()));
        }
    }

    #[test]
    fn a_header_is_read_as_it_is_written() {
        let frames = RawFrames::new(Serializer::Json, usize::MAX);
        for kind in [Kind::Text, Kind::Ping, Kind::Pong] {
            for len in [0, 1, 255, 256, 65_536, (1 << 24) - 1, 1 << 24] {
                let (read, size) = frames.header(&header(kind, len)).unwrap().unwrap();
                assert_eq!((read.kind, read.len, size), (kind, len, 4));
            }
        }
        assert_eq!(header(Kind::Binary, 1 << 24), [8, 0, 0, 0]);
        assert_eq!(header(Kind::Ping, (1 << 24) - 1), [1, 255, 255, 255]);
        assert!(frames.header(&[0, 0, 0]).unwrap().is_none());
    }

    #[test]
    fn reserved_bits_and_types_are_refused() {
        let frames = RawFrames::new(Serializer::MsgPack, usize::MAX);
        for bit in [0x10, 0x20, 0x40, 0x80] {
            let error = frames.header(&[bit, 0, 0, 1]).unwrap_err();
            assert!(matches!(error, Error::Protocol(ProtocolError::NonZeroReservedBits)));
        }
        for kind in 3..8 {
            let error = frames.header(&[kind, 0, 0, 1]).unwrap_err();
            assert!(matches!(error, Error::Protocol(ProtocolError::InvalidOpcode(other)) if other == kind));
        }
        assert!(frames.header(&[8, 0, 0, 1]).is_err());
    }

    #[test]
    fn what_is_too_large_is_refused_by_its_header() {
        let frames = RawFrames::new(Serializer::MsgPack, 1000);
        assert!(frames.header(&header(Kind::Binary, 1000)).is_ok());
        for kind in [Kind::Binary, Kind::Ping, Kind::Pong] {
            let error = frames.header(&header(kind, 1001)).unwrap_err();
            let too_long = CapacityError::MessageTooLong { size: 1001, max_size: 1000 };
            assert!(matches!(error, Error::Capacity(error) if error == too_long));
        }
    }
}
