//! What carries whole messages.

use tokio_tungstenite::tungstenite::Bytes;
use wamp_proto::Serializer;

use super::{RawSocket, WebSocket};

pub(crate) trait Wire: Sized {
    async fn open(url: &str, serializer: Serializer) -> Self;

    /// Whether all of it was taken.
    async fn write(&mut self, message: Bytes, serializer: Serializer) -> bool;

    /// The next message; pings are answered. `None` when the router has closed the connection.
    async fn read(&mut self) -> Option<Bytes>;
}

/// As the URL says.
pub(crate) enum Either {
    Web(Box<WebSocket>),
    Raw(RawSocket),
}

impl Wire for Either {
    async fn open(url: &str, serializer: Serializer) -> Self {
        match url.starts_with("ws") {
            true => Self::Web(Box::new(WebSocket::open(url, serializer).await)),
            false => Self::Raw(RawSocket::open(url, serializer).await),
        }
    }

    async fn write(&mut self, message: Bytes, serializer: Serializer) -> bool {
        match self {
            Self::Web(web) => Wire::write(&mut **web, message, serializer).await,
            Self::Raw(raw) => Wire::write(raw, message, serializer).await,
        }
    }

    async fn read(&mut self) -> Option<Bytes> {
        match self {
            Self::Web(web) => Wire::read(&mut **web).await,
            Self::Raw(raw) => Wire::read(raw).await,
        }
    }
}
