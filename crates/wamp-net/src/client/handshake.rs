//! The opening handshake of a WebSocket, the client's side (RFC 6455, section 4.1): the request goes out, the answer is
//! read to its end, in however many pieces it comes, and checked.

use std::io::{self, ErrorKind, Read};

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response, generate_request};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::http::header::{
    AsHeaderName, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, UPGRADE,
};
use tokio_tungstenite::tungstenite::http::{HeaderMap, StatusCode};

use super::connector::Readiness;
use crate::transport::Wire;

/// The longest answer that is read.
const MAX_HEAD: usize = 64 << 10;

/// What the server answered, and what came behind it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) rest: Vec<u8>,
}

/// Why there is no WebSocket.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke.
    Io(io::Error),
    /// The answer is none of a WebSocket server.
    Answer(Error),
    /// The answer does not end.
    TooLong,
    /// The server uses an extension that nobody has offered.
    Extension,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Answer(error)
    }
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        Self::Answer(error.into())
    }
}

/// Asks for the upgrade; returns the answer of a server that agrees. The caller bounds the time.
pub(super) async fn upgrade(wire: &mut Wire, request: Request, ready: &Readiness) -> Result<Answer, Failure> {
    let (request, key) = generate_request(request)?;
    wire.outbox.push_raw(&request);
    let mut head = Vec::with_capacity(1024);
    loop {
        // What cannot be written shows when reading.
        wire.flush();
        if let Some((size, response)) = read(wire, &mut head)? {
            check(&response, &key)?;
            return Ok(Answer { response, rest: head.split_off(size) });
        }
        ready.wait(wire.wants_write()).await.map_err(Failure::Io)?;
    }
}

/// Reads what is there; an answer that is complete is returned with its size.
fn read(wire: &mut Wire, head: &mut Vec<u8>) -> Result<Option<(usize, Response)>, Failure> {
    let mut piece = [0; 1024];
    loop {
        let size = match wire.read(&mut piece) {
            Ok(0) => return Err(ProtocolError::HandshakeIncomplete.into()),
            Ok(size) => size,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(Failure::Io(error)),
        };
        let searched = head.len().saturating_sub(2);
        head.extend_from_slice(&piece[..size]);
        let may_be_whole = has_empty_line(&head[searched..]) || !begins_as_http(head);
        if may_be_whole && let Some(answer) = Response::try_parse(head)? {
            return Ok(Some(answer));
        }
        if head.len() > MAX_HEAD {
            return Err(Failure::TooLong);
        }
    }
}

fn has_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|w| w == b"\n\r\n") || bytes.windows(2).any(|w| w == b"\n\n")
}

/// Whether it is worth waiting for more: what is no HTTP is refused at once.
fn begins_as_http(head: &[u8]) -> bool {
    const BEGIN: &[u8] = b"HTTP/1.";
    let head = head.trim_ascii_start();
    let size = head.len().min(BEGIN.len());
    head[..size] == BEGIN[..size]
}

fn check(response: &Response, key: &str) -> Result<(), Failure> {
    let headers = response.headers();
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Error::Http(Box::new(response.clone())).into());
    }
    if !has_token(headers, UPGRADE, "websocket") {
        return Err(ProtocolError::MissingUpgradeWebSocketHeader.into());
    }
    if !has_token(headers, CONNECTION, "upgrade") {
        return Err(ProtocolError::MissingConnectionUpgradeHeader.into());
    }
    if headers.get(SEC_WEBSOCKET_ACCEPT).is_none_or(|accept| *accept != derive_accept_key(key.as_bytes())) {
        return Err(ProtocolError::SecWebSocketAcceptKeyMismatch.into());
    }
    if headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter().any(|extensions| !extensions.is_empty()) {
        return Err(Failure::Extension);
    }
    Ok(())
}

/// Whether the word is in the header's list, in whatever case.
fn has_token(headers: &HeaderMap, name: impl AsHeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|token| token.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_become_an_answer_is_waited_for() {
        for head in ["", "H", "HTTP/1.", "HTTP/1.1 101", "\r\n", "\r\nHTTP/1.1"] {
            assert!(begins_as_http(head.as_bytes()), "{head}");
        }
        for head in ["h", "HTTP/2", "SSH-2.0", "\0", "\u{16}\u{3}"] {
            assert!(!begins_as_http(head.as_bytes()), "{head}");
        }
    }

    #[test]
    fn an_empty_line_ends_an_answer() {
        assert!(has_empty_line(b"a\r\n\r\n") && has_empty_line(b"a\n\n") && has_empty_line(b"\n\r\nx"));
        assert!(!has_empty_line(b"a\r\nb\r\n"));
    }
}
