//! Messages in the frames of a WebSocket, by tokio-tungstenite.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame};
use tokio_tungstenite::{WebSocketStream, client_async};
use wamp_proto::{Message, Serializer};

use super::{Line, Peer, Wire, in_time, line};

pub(crate) type WebSocket = WebSocketStream<Line>;

impl Wire for WebSocket {
    async fn open(url: &str, serializer: Serializer) -> Self {
        let named = if url.starts_with("ws+unix:") { "ws://localhost/ws" } else { url };
        let mut request = named.into_client_request().unwrap();
        let subprotocol = HeaderValue::from_static(serializer.subprotocol());
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        let (ws, response) = in_time(client_async(request, line(url).await)).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], serializer.subprotocol());
        ws
    }

    async fn write(&mut self, message: Bytes, serializer: Serializer) -> bool {
        in_time(self.send(frame(message, serializer))).await.is_ok()
    }

    async fn read(&mut self) -> Option<Bytes> {
        loop {
            match in_time(self.next()).await {
                Some(Ok(frame @ (Frame::Text(_) | Frame::Binary(_)))) => return Some(frame.into_data()),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                _ => return None,
            }
        }
    }
}

fn frame(message: Bytes, serializer: Serializer) -> Frame {
    if serializer.is_binary() { Frame::Binary(message) } else { Frame::Text(message.try_into().unwrap()) }
}

impl Peer<WebSocket> {
    pub(crate) fn frame(&self, message: &Message) -> Frame {
        frame(self.serializer.encode(message).unwrap(), self.serializer)
    }

    /// The closing frame that the router sends next, and the end of the connection after it.
    pub(crate) async fn closed(&mut self) -> CloseFrame {
        let Some(Ok(Frame::Close(Some(frame)))) = in_time(self.wire.next()).await else { panic!("no closing frame") };
        assert!(in_time(self.wire.next()).await.is_none_or(|end| end.is_err()));
        frame
    }
}
