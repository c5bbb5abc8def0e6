//! What must hold for anything that a stranger sends on a RawSocket.

use bytes::Bytes;
use wamp_net::fuzzing::{raw_answer, raw_frames, raw_greeting};
use wamp_proto::Serializer;

/// How the bytes come: all at once, one by one, or somehow.
const PIECES: [usize; 3] = [usize::MAX, 1, 7];
/// Small, so that the limits are reached.
const MAX: usize = 1000;

/// A handshake has one answer, which a client understands; the messages behind it are the same however they come, on both
/// sides, and the same that a few lines read.
pub fn client(bytes: &[u8]) {
    let (octets, frames) = bytes.split_at(bytes.len().min(4));
    let [(answer, agreed), others @ ..] = PIECES.map(|piece| raw_greeting(octets, MAX, piece));
    assert!(others.iter().all(|other| *other == (answer.clone(), agreed)));
    match <[u8; 4]>::try_from(answer.as_slice()) {
        Ok(answer) => assert_eq!(raw_answer(answer), agreed.map(|(_, incoming, _)| incoming)),
        Err(_) => assert!(answer.is_empty() && agreed.is_none()),
    }
    let (serializer, incoming, outgoing) = agreed.unwrap_or((Serializer::MsgPack, 512, 512));
    assert!(incoming == 512 && (512..=1 << 24).contains(&outgoing));
    let expected = read(frames, serializer);
    for piece in PIECES {
        for side in raw_frames(frames, serializer, MAX, piece) {
            assert_eq!(side, expected, "in pieces of {piece}");
        }
    }
}

/// The messages, and whether a rule is broken.
fn read(mut bytes: &[u8], serializer: Serializer) -> (Vec<Bytes>, bool) {
    let mut messages = Vec::new();
    while let Some((&[first, a, b, c], rest)) = bytes.split_first_chunk() {
        let low = u32::from_be_bytes([0, a, b, c]) as usize;
        let extra = usize::from(first & 8 != 0) << 24;
        if first > 15 || first & 7 > 2 || (extra > 0 && low > 0) || low + extra > MAX {
            return (messages, true);
        }
        let Some((payload, rest)) = rest.split_at_checked(low) else { break };
        if first == 0 {
            if !serializer.is_binary() && std::str::from_utf8(payload).is_err() {
                return (messages, true);
            }
            messages.push(Bytes::copy_from_slice(payload));
        }
        bytes = rest;
    }
    (messages, false)
}
