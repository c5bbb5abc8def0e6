//! Writing WebSocket data frames (RFC 6455, section 5.2), always whole and masked, as a client must.

/// The longest header: two bytes, a length of eight, a mask of four.
pub(super) const MAX_HEADER: usize = 14;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;

/// Appends one frame; `key` has to be unpredictable (section 10.3).
pub(crate) fn append(out: &mut Vec<u8>, binary: bool, payload: &[u8], key: [u8; 4]) {
    out.push(FINAL | if binary { BINARY } else { TEXT });
    append_length(out, payload.len());
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    mask(&mut out[start..], key);
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

fn mask(payload: &mut [u8], key: [u8; 4]) {
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
            append(&mut frame, false, text.as_bytes(), [1, 2, 3, 200]);
            assert!(frame.len() <= text.len() + MAX_HEADER);
            assert_eq!(read_back(frame), Message::text(text));
        }
    }

    #[test]
    fn binary_is_binary() {
        let mut frame = Vec::new();
        append(&mut frame, true, &[0, 255, 7], [9, 8, 7, 6]);
        assert_eq!(read_back(frame), Message::binary(vec![0, 255, 7]));
    }
}
