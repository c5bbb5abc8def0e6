//! Frames to and from a router.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::{WebSocketStream, client_async};
use wamp_proto::{Dict, Serializer};

use crate::line::{self, Line};
use crate::matrix::{Protocol, Transport};

/// A connection that carries whole messages.
pub(crate) enum Connection {
    WebSocket(Box<WebSocketStream<Line>>),
    RawSocket(Line),
}

impl Connection {
    /// The headers are those of the HTTP request.
    pub(crate) async fn open(
        transport: &Transport,
        url: &str,
        serializer: Serializer,
        headers: &Dict,
    ) -> Result<Self, String> {
        let line = line::connect(transport.carrier, url).await?;
        let url = if url.starts_with("ws+unix:") { "ws://localhost/" } else { url };
        match transport.protocol {
            Protocol::WebSocket => web_socket(line, url, serializer, headers).await,
            Protocol::RawSocket if headers.is_empty() => raw_socket(line, serializer).await,
            Protocol::RawSocket => Err("there are no headers on RawSocket".to_owned()),
        }
    }

    pub(crate) async fn send(&mut self, frame: Bytes, serializer: Serializer) -> Result<(), String> {
        match self {
            Self::WebSocket(socket) => {
                let frame = match serializer.is_binary() {
                    true => Frame::Binary(frame),
                    false => Frame::Text(frame.try_into().map_err(|_| "a text that is none")?),
                };
                socket.send(frame).await.map_err(|e| format!("cannot send: {e}"))
            }
            Self::RawSocket(line) => {
                let header = u32::try_from(frame.len()).map_err(|e| e.to_string())?.to_be_bytes();
                line.write_all(&[&header, &frame[..]].concat()).await.map_err(|e| format!("cannot send: {e}"))
            }
        }
    }

    /// The next message; `None` when the router has closed the connection.
    pub(crate) async fn receive(&mut self) -> Option<Bytes> {
        match self {
            Self::WebSocket(socket) => loop {
                match socket.next().await? {
                    Ok(Frame::Text(text)) => return Some(text.into()),
                    Ok(Frame::Binary(bytes)) => return Some(bytes),
                    Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_) | Frame::Close(_)) => {}
                    Err(_) => return None,
                }
            },
            Self::RawSocket(line) => raw_message(line).await,
        }
    }
}

async fn web_socket(line: Line, url: &str, serializer: Serializer, headers: &Dict) -> Result<Connection, String> {
    let mut request = url.into_client_request().map_err(|e| e.to_string())?;
    for (name, value) in headers.iter() {
        let name = HeaderName::try_from(&**name).map_err(|e| e.to_string())?;
        let value = value.as_str().ok_or("a header that is no text")?;
        request.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|e| e.to_string())?);
    }
    let subprotocol = HeaderValue::from_static(serializer.subprotocol());
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
    let (socket, response) = client_async(request, line).await.map_err(|e| format!("no WebSocket: {e}"))?;
    let chosen = response.headers().get("Sec-WebSocket-Protocol").and_then(|name| name.to_str().ok());
    if chosen == Some(serializer.subprotocol()) {
        return Ok(Connection::WebSocket(Box::new(socket)));
    }
    Err(format!("asked for {}, the router chose {chosen:?}", serializer.subprotocol()))
}

/// Asks for messages of up to 16 MiB.
async fn raw_socket(mut line: Line, serializer: Serializer) -> Result<Connection, String> {
    let number = match serializer.subprotocol() {
        "wamp.2.json" => 1,
        "wamp.2.msgpack" => 2,
        _ => 3,
    };
    let (asked, mut answer) = ([0x7f, 0xf0 | number, 0, 0], [0; 4]);
    line.write_all(&asked).await.map_err(|e| format!("cannot send: {e}"))?;
    line.read_exact(&mut answer).await.map_err(|e| format!("no answer to the handshake: {e}"))?;
    let agreed = answer[0] == 0x7f && answer[1] & 0x0f == number && answer[2..] == [0, 0];
    if agreed { Ok(Connection::RawSocket(line)) } else { Err(format!("asked with {asked:?}, got {answer:?}")) }
}

async fn raw_message(line: &mut Line) -> Option<Bytes> {
    loop {
        let mut header = [0; 4];
        line.read_exact(&mut header).await.ok()?;
        let [kind, a, b, c] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        line.read_exact(&mut payload).await.ok()?;
        if kind == 0 {
            return Some(payload.into());
        }
    }
}
