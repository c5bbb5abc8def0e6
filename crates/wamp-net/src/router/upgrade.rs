//! From a TCP connection to a WebSocket one (RFC 6455, section 4.2), or an HTTP answer that says why not.

use std::io;

use bytestring::ByteString;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::machine::TryParse;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response, create_response, write_response};
use tokio_tungstenite::tungstenite::http::header::{COOKIE, HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderValue, StatusCode};
use wamp_proto::Serializer;

use super::http;
use super::server::Entrance;
use super::socket::Agreed;
use crate::transport::Protocol;

/// The longest request head that is read.
const MAX_HEAD: usize = 16 << 10;

/// What a client wants.
#[derive(Debug)]
pub(super) enum Asked {
    /// A WebSocket, which it has now.
    WebSocket(Agreed),
    /// Something else that is here; it waits for its answer.
    Plain(http::Request),
    /// Nothing, or what it does not get; it has its answer.
    Nothing,
}

/// Reads the request and answers it, if it is for a WebSocket or for nothing that is here.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn upgrade<S>(stream: &mut S, entrance: &Entrance, http: &http::Http) -> io::Result<Asked>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::with_capacity(1024);
    let accepted = match read_head(stream, &mut head).await? {
        Head::Complete => match http::Request::read(&head, http, &entrance.path) {
            Some(request) => return Ok(Asked::Plain(request)),
            None => accept(&head, entrance),
        },
        Head::TooLong => Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The request is too long.")),
        Head::End => return Ok(Asked::Nothing),
    };
    match accepted {
        Ok(accepted) => {
            stream.write_all(&accepted.answer).await?;
            let rest = head.split_off(accepted.size);
            let (protocol, serializer) = (Protocol::WebSocket, accepted.serializer);
            let (max_incoming, max_outgoing) = (usize::MAX, usize::MAX);
            let cookies = accepted.cookies;
            Ok(Asked::WebSocket(Agreed { protocol, serializer, max_incoming, max_outgoing, cookies, rest }))
        }
        Err(refusal) => {
            stream.write_all(&refusal.to_http()).await?;
            linger(stream).await?;
            Ok(Asked::Nothing)
        }
    }
}

/// Answers whatever the client asks that there are as many connections as may be.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut head = Vec::with_capacity(1024);
    read_head(stream, &mut head).await?;
    let text = "The router has as many connections as it takes.";
    stream.write_all(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text).to_http()).await?;
    linger(stream).await
}

/// Ends our direction and reads until the other side has ended its own: closing a socket with unread input resets the
/// connection, and the reset can overtake what we said last. The caller bounds the time.
pub(super) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut scratch = [0; 1024];
    while stream.read(&mut scratch).await? > 0 {}
    Ok(())
}

enum Head {
    Complete,
    TooLong,
    End,
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S, head: &mut Vec<u8>) -> io::Result<Head> {
    loop {
        let searched = head.len().saturating_sub(2);
        if stream.read_buf(head).await? == 0 {
            return Ok(Head::End);
        }
        if searched == 0 {
            skip_empty_lines(head);
        }
        match find_empty_line(&head[searched..]) {
            Some(at) if searched + at <= MAX_HEAD => return Ok(Head::Complete),
            None if head.len() <= MAX_HEAD => {}
            _ => return Ok(Head::TooLong),
        }
    }
}

/// Before a request they say nothing (RFC 9112, section 2.2), and least of all that it is complete.
fn skip_empty_lines(head: &mut Vec<u8>) {
    let empty = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    head.drain(..empty);
}

fn find_empty_line(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| bytes[*at..].starts_with(b"\n\r\n") || bytes[*at..].starts_with(b"\n\n"))
}

struct Accepted {
    serializer: Serializer,
    cookies: Option<ByteString>,
    answer: Vec<u8>,
    /// How much of the input the request was.
    size: usize,
}

fn accept(head: &[u8], entrance: &Entrance) -> Result<Accepted, Refusal> {
    let (size, request) = Request::try_parse(head)
        .map_err(Refusal::from)?
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "The request is incomplete."))?;
    if request.uri().path() != entrance.path {
        return Err(Refusal::new(StatusCode::NOT_FOUND, "Nothing is here; the router's URL has another path."));
    }
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if !entrance.pages.may(header(ORIGIN), header(HOST)) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Pages of this origin may not use this router."));
    }
    let mut response = create_response(&request).map_err(Refusal::from)?;
    let serializer = choose(request.headers()).ok_or_else(Refusal::no_subprotocol)?;
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(serializer.subprotocol()));
    Ok(Accepted { serializer, cookies: cookies(request.headers()), answer: written(&response)?, size })
}

fn written(response: &Response) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(256);
    write_response(&mut bytes, response).map_err(Refusal::from)?;
    Ok(bytes)
}

/// The first subprotocol of the client's list that we speak: it is ordered by the client's preference.
fn choose(headers: &HeaderMap) -> Option<Serializer> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|name| Serializer::from_subprotocol(name.trim()))
}

/// Several headers as if they were one.
fn cookies(headers: &HeaderMap) -> Option<ByteString> {
    let cookies: Vec<&str> = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    (!cookies.is_empty()).then(|| cookies.join("; ").into())
}

/// An HTTP answer for a client that will not get a WebSocket.
struct Refusal {
    status: StatusCode,
    text: String,
}

impl Refusal {
    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    fn no_subprotocol() -> Self {
        let text = "No common subprotocol: this router speaks wamp.2.json, wamp.2.msgpack and wamp.2.cbor; \
                    name one of them in Sec-WebSocket-Protocol.";
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    fn extra_header(&self) -> &'static str {
        match self.status {
            StatusCode::UPGRADE_REQUIRED => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            StatusCode::METHOD_NOT_ALLOWED => "Allow: GET\r\n",
            _ => "",
        }
    }

    fn to_http(&self) -> Vec<u8> {
        let Self { status, text } = self;
        let (extra, length) = (self.extra_header(), text.len() + 1);
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
             {extra}Connection: close\r\n\r\n{text}\n"
        )
        .into_bytes()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Protocol(ProtocolError::WrongHttpMethod) => Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This is a WAMP router; it takes GET with a WebSocket upgrade.",
            ),
            Error::Protocol(
                ProtocolError::MissingConnectionUpgradeHeader
                | ProtocolError::MissingUpgradeWebSocketHeader
                | ProtocolError::MissingSecWebSocketVersionHeader,
            ) => Self::new(
                StatusCode::UPGRADE_REQUIRED,
                "This is a WAMP router; connect with WebSocket (version 13) and the subprotocol wamp.2.json, \
                 wamp.2.msgpack or wamp.2.cbor.",
            ),
            other => Self::new(StatusCode::BAD_REQUEST, format!("Bad request: {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const REQUEST: &str = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    async fn answer_to(request: &str) -> (String, Option<Agreed>) {
        let (mut client, mut server) = tokio::io::duplex(64 << 10);
        client.write_all(request.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let asked = upgrade(&mut server, &Entrance::websocket("/ws"), &http::Http::default()).await.unwrap();
        let upgraded = if let Asked::WebSocket(agreed) = asked { Some(agreed) } else { None };
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        (answer, upgraded)
    }

    #[tokio::test]
    async fn the_clients_first_known_subprotocol_is_chosen() {
        let request = format!(
            "{REQUEST}Sec-WebSocket-Protocol: wamp.2.ubjson, wamp.2.msgpack\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\nrest"
        );
        let (answer, upgraded) = answer_to(&request).await;
        let upgraded = upgraded.unwrap();
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        assert!(answer.contains("sec-websocket-protocol: wamp.2.msgpack\r\n"), "{answer}");
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer}");
        assert_eq!((upgraded.serializer, upgraded.rest.as_slice()), (Serializer::MsgPack, b"rest".as_slice()));
    }

    #[tokio::test]
    async fn the_clients_cookies_are_kept() {
        let protocol = "Sec-WebSocket-Protocol: wamp.2.json\r\n";
        for (headers, expected) in [
            ("", None),
            ("Cookie: a=1; b=2\r\n", Some("a=1; b=2")),
            ("Cookie: a=1\r\ncookie: b=2\r\nCookie: \u{e9}\r\n", Some("a=1; b=2")),
        ] {
            let (_, upgraded) = answer_to(&format!("{REQUEST}{protocol}{headers}\r\n")).await;
            assert_eq!(upgraded.unwrap().cookies.as_deref(), expected, "{headers}");
        }
    }

    #[tokio::test]
    async fn each_refusal_says_why() {
        let plain = "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n".to_owned();
        let cases = [
            (plain, "HTTP/1.1 426", "WebSocket"),
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "HTTP/1.1 404", "path"),
            ("POST /ws HTTP/1.1\r\nHost: x\r\n\r\n{}".to_owned(), "HTTP/1.1 405", "Allow: GET"),
            (format!("{REQUEST}\r\n"), "HTTP/1.1 400", "wamp.2.json"),
            (format!("{REQUEST}Sec-WebSocket-Protocol: mqtt\r\n\r\n"), "HTTP/1.1 400", "wamp.2.json"),
            (format!("{REQUEST}Origin: http://evil.org\r\n\r\n"), "HTTP/1.1 403", "origin"),
            ("\u{16}\u{3}\u{1}\n\n".to_owned(), "HTTP/1.1 400", "Bad request"),
            (format!("GET /ws HTTP/1.1\r\nX: {}", "x".repeat(MAX_HEAD)), "HTTP/1.1 431", "too long"),
        ];
        for (request, status, text) in cases {
            let (answer, upgraded) = answer_to(&request).await;
            assert!(upgraded.is_none() && answer.starts_with(status) && answer.contains(text), "{answer}");
        }
    }

    #[tokio::test]
    async fn empty_lines_before_a_request_are_skipped_however_they_come() {
        let request = format!("{REQUEST}Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n");
        for blank in ["\r\n", "\n\n", "\r\n\r\n\r\n"] {
            let (mut client, mut server) = tokio::io::duplex(1);
            let writing = async { client.write_all(format!("{blank}{request}").as_bytes()).await.unwrap() };
            let reading = async {
                let mut head = Vec::new();
                let complete = matches!(read_head(&mut server, &mut head).await.unwrap(), Head::Complete);
                (complete, String::from_utf8(head).unwrap())
            };
            let (read, ()) = futures_util::future::join(reading, writing).await;
            assert_eq!(read, (true, request.clone()), "{blank:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_early_gets_no_answer() {
        let (answer, upgraded) = answer_to("GET /ws HTT").await;
        assert!(upgraded.is_none() && answer.is_empty());
    }
}
