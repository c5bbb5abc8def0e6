//! What must hold for anything that a stranger sends to a router or to a client, and for any URL.

use std::io::Cursor;

use bytes::Bytes;
use tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};
use wamp_net::fuzzing::{Target, append_frame, client_url, frames, router_url, server_frames, upgrade};

/// How the bytes come: all at once, one by one, or somehow.
const PIECES: [usize; 3] = [usize::MAX, 1, 7];
/// Small, so that the limits are reached.
const MAX: usize = 1000;

/// What a client's URL says can be said again, and nothing in it breaks out of an HTTP request; a router's address
/// leads to itself.
pub fn url(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Some(target) = client_url(text) {
        let Target { scheme, host, port, authority, path } = &target;
        let harmless = |part: &str| part.bytes().all(|byte| byte > b' ' && byte != 0x7f);
        assert!(harmless(authority) && harmless(path) && harmless(host) && path.starts_with('/'), "{target:?}");
        assert!(*port > 0 && !host.is_empty() && !host.contains(['[', ']', '@', '/']), "{target:?}");
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let again = client_url(&format!("{scheme}://{host}:{port}{path}"));
        assert_eq!(again.as_ref(), Some(&target));
    }
    if let Some(address) = router_url(text) {
        assert_eq!(router_url(&address).as_ref(), Some(&address));
    }
}

/// A request gets one answer of HTTP, the same however it comes, and what follows it is kept.
pub fn request(request: &[u8]) {
    let answers = PIECES.map(|piece| upgrade(request, "/ws", piece));
    let [(whole, upgraded), others @ ..] = &answers;
    for (answer, other) in others {
        assert_eq!((answer, other), (whole, upgraded));
    }
    assert!(whole.is_empty() || whole.starts_with(b"HTTP/1.1 "), "{whole:?}");
    assert_eq!(whole.starts_with(b"HTTP/1.1 101 "), upgraded.is_some());
    if let Some((_, rest)) = upgraded {
        assert!(request.ends_with(rest));
    }
}

/// The messages of a client or of a server are the same however they come, and the same that the WebSocket library
/// reads.
pub fn frame(bytes: &[u8]) {
    client_frame(bytes);
    let (messages, broken) = server_frames(bytes, MAX, usize::MAX);
    for piece in PIECES {
        assert_eq!(server_frames(bytes, MAX, piece), (messages.clone(), broken));
    }
    assert!(messages.iter().eq(library(bytes, Role::Client).iter().map(|(_, message)| message)));
}

fn client_frame(bytes: &[u8]) {
    let mut unmasked = Vec::new();
    let (messages, broken) = frames(bytes, MAX, usize::MAX);
    for piece in PIECES {
        assert_eq!(frames(bytes, MAX, piece), (messages.clone(), broken));
    }
    assert_eq!(messages, library(bytes, Role::Server));
    for (text, message) in &messages {
        assert!(message.len() <= MAX, "{} bytes", message.len());
        append_frame(&mut unmasked, !text, message, [7, 0, 255, message.len() as u8]);
    }
    assert_eq!(frames(&unmasked, MAX, usize::MAX), (messages, false), "written and read again");
}

/// What the library reads.
fn library(bytes: &[u8], role: Role) -> Vec<(bool, Bytes)> {
    let config = WebSocketConfig::default().max_message_size(Some(MAX)).max_frame_size(Some(MAX));
    let mut socket = WebSocket::from_raw_socket(Cursor::new(bytes.to_vec()), role, Some(config));
    let mut messages = Vec::new();
    while let Ok(message) = socket.read() {
        match message {
            Message::Text(text) => messages.push((true, Bytes::from(text))),
            Message::Binary(bytes) => messages.push((false, bytes)),
            Message::Close(_) => break,
            _ => {}
        }
    }
    messages
}
