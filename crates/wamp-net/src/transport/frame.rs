//! What frames there are, how they are masked, and writing them: always whole and masked, as a client must (RFC 6455,
//! section 5.2).

/// The longest header: two bytes, a length of eight, a mask of four.
pub(super) const MAX_HEADER: usize = 14;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What is copied and masked in one go, while it is near.
const PIECE: usize = 4096;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A further part of a message.
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xa,
}

impl Kind {
    pub(super) fn from_opcode(opcode: u8) -> Option<Self> {
        match opcode {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xa => Some(Self::Pong),
            _ => None,
        }
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

/// Appends one frame; `key` has to be unpredictable (section 10.3).
#[cfg(any(test, fuzzing))]
pub(crate) fn append(out: &mut Vec<u8>, kind: Kind, payload: &[u8], key: [u8; 4]) {
    append_header(out, kind, payload.len(), key);
    append_masked(out, payload, key);
}

/// Appends the payload of a frame.
pub(super) fn append_masked(out: &mut Vec<u8>, payload: &[u8], key: [u8; 4]) {
    for piece in payload.chunks(PIECE) {
        let start = out.len();
        out.extend_from_slice(piece);
        mask(&mut out[start..], key);
    }
}

/// Appends the header of a frame with that key.
pub(super) fn append_header(out: &mut Vec<u8>, kind: Kind, length: usize, key: [u8; 4]) {
    out.push(FINAL | kind as u8);
    append_length(out, length);
    out.extend_from_slice(&key);
}

/// Copies and masks the payload from that position on, as far as there is room; returns how much that is.
pub(super) fn copy_masked(out: &mut [u8], payload: &[u8], position: usize, key: [u8; 4]) -> usize {
    let mut key = key;
    key.rotate_left(position % 4);
    let size = out.len().min(payload.len() - position);
    let pieces = out[..size].chunks_mut(PIECE).zip(payload[position..].chunks(PIECE));
    for (out, piece) in pieces {
        out.copy_from_slice(&piece[..out.len()]);
        mask(out, key);
    }
    size
}

fn append_length(out: &mut Vec<u8>, length: usize) {
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.push(MASKED | short),
        (_, Ok(medium)) => {
            out.push(MASKED | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Exclusive-or with the repeated key, which masks and unmasks; what is not masked has a key of zeros.
pub(crate) fn mask(payload: &mut [u8], key: [u8; 4]) {
    if key == [0; 4] {
        return;
    }
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocket};

    use super::*;

    /// Reads the frame back with the other side of the WebSocket library.
    fn read_back(frame: Vec<u8>) -> Message {
        WebSocket::from_raw_socket(Cursor::new(frame), Role::Server, None).read().unwrap()
    }

    #[test]
    fn a_server_reads_what_was_written() {
        for length in [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 70_003] {
            let text: String = ('a'..='z').cycle().take(length).collect();
            let mut frame = Vec::new();
            append(&mut frame, Kind::Text, text.as_bytes(), [1, 2, 3, 200]);
            assert!(frame.len() <= text.len() + MAX_HEADER);
            assert_eq!(read_back(frame), Message::text(text));
        }
    }

    #[test]
    fn a_payload_may_be_masked_in_parts() {
        let (payload, key): (Vec<u8>, _) = ((0..=255).cycle().take(3 * PIECE + 5).collect(), [1, 2, 3, 200]);
        let mut whole = Vec::new();
        append(&mut whole, Kind::Binary, &payload, key);
        for step in [1, 2, 3, 5, 64, 4099, payload.len()] {
            let mut parts = Vec::new();
            append_header(&mut parts, Kind::Binary, payload.len(), key);
            let (mut position, mut part) = (0, vec![0; step]);
            while position < payload.len() {
                let size = copy_masked(&mut part, &payload, position, key);
                parts.extend_from_slice(&part[..size]);
                position += size;
            }
            assert!(parts == whole, "in steps of {step}");
        }
    }

    #[test]
    fn binary_is_binary() {
        let mut frame = Vec::new();
        append(&mut frame, Kind::Binary, &[0, 255, 7], [9, 8, 7, 6]);
        assert_eq!(read_back(frame), Message::binary(vec![0, 255, 7]));
    }
}
