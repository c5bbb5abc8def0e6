//! What a client says, byte by byte.

use wamp_proto::{Dict, Message, Serializer};

use crate::peers::{Either, Line, frame, hello};
use crate::stage::{Peer, Way};

/// A frame of the way's transport, masked with the key 0 where it is a WebSocket's.
pub(crate) fn framed(way: &Way, message: &Message) -> Vec<u8> {
    framed_bytes(way, &way.serializer.encode(message).unwrap())
}

pub(crate) fn framed_bytes(way: &Way, bytes: &[u8]) -> Vec<u8> {
    if !way.is_websocket() {
        return frame(0, bytes);
    }
    let first = if way.serializer.is_binary() { 0x82 } else { 0x81 };
    let length = (bytes.len() as u16).to_be_bytes();
    [&[first, 0xfe], &length[..], &[0; 4], bytes].concat()
}

/// What a client says until its session is open.
pub(crate) fn opening(way: &Way) -> Vec<u8> {
    let handshake = match way.is_websocket() {
        true => format!(
            "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {}\r\n\r\n",
            way.serializer.subprotocol()
        )
        .into_bytes(),
        false => {
            let number = 1 + Serializer::ALL.iter().position(|known| *known == way.serializer).unwrap() as u8;
            vec![0x7f, 0xf0 | number, 0, 0]
        }
    };
    [handshake, framed(way, &hello("realm1", Dict::new()))].concat()
}

/// A connection of which the test holds the bytes in its hands from now on.
pub(crate) fn bare(peer: Peer) -> Line {
    match peer.wire {
        Either::Web(web) => web.into_inner(),
        Either::Raw(raw) => raw.line,
    }
}
