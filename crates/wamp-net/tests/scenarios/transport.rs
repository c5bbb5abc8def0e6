//! Frames to and from a router.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};
use wamp_proto::Serializer;

use crate::line::{self, Line};
use crate::matrix::{Protocol, Transport};

/// A connection that carries whole messages.
pub(crate) enum Connection {
    WebSocket(Box<WebSocketStream<Line>>),
}

impl Connection {
    pub(crate) async fn open(transport: &Transport, url: &str, serializer: Serializer) -> Result<Self, String> {
        let line = line::connect(transport.carrier, url).await?;
        match transport.protocol {
            Protocol::WebSocket => web_socket(line, url, serializer).await,
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
        }
    }
}

async fn web_socket(line: Line, url: &str, serializer: Serializer) -> Result<Connection, String> {
    let mut request = url.into_client_request().map_err(|e| e.to_string())?;
    let subprotocol = HeaderValue::from_static(serializer.subprotocol());
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
    let (socket, response) = client_async(request, line).await.map_err(|e| format!("no WebSocket: {e}"))?;
    let chosen = response.headers().get("Sec-WebSocket-Protocol").and_then(|name| name.to_str().ok());
    if chosen == Some(serializer.subprotocol()) {
        return Ok(Connection::WebSocket(Box::new(socket)));
    }
    Err(format!("asked for {}, the router chose {chosen:?}", serializer.subprotocol()))
}
