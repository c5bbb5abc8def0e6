//! What the fuzz targets need of the router.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wamp_proto::Serializer;

use super::RouterError;
use super::frame_reader::{FrameReader, ReadError};
use super::http::Http;
use super::server::Entrance;
use super::upgrade::Asked;
use crate::transport::{Frame, Framing, Protocol, Sender};

/// An address to listen on.
pub struct Address(super::address::Address);

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, RouterError> {
        super::address::Address::parse(url).map(Self)
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }
}

/// The HTTP request of a client.
pub enum Upgrade {}

impl Upgrade {
    pub(crate) async fn read<S>(stream: &mut S, path: &str) -> io::Result<Option<(Serializer, Vec<u8>)>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match super::upgrade::upgrade(stream, &Entrance::websocket(path), &Http { health: None, ..Http::default() })
            .await?
        {
            Asked::WebSocket(agreed) => Ok(Some((agreed.serializer, agreed.rest))),
            Asked::Plain(_) | Asked::Nothing => Ok(None),
        }
    }
}

/// The handshake of a client of RawSocket.
pub enum Greet {}

impl Greet {
    pub(crate) async fn read<S>(
        stream: &mut S,
        max_message_size: usize,
    ) -> io::Result<Option<(Serializer, usize, usize)>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let agreed = super::greeting::greet(stream, max_message_size).await?;
        Ok(agreed.map(|agreed| (agreed.serializer, agreed.max_incoming, agreed.max_outgoing)))
    }
}

/// The frames of a client.
pub enum Frames {}

impl Frames {
    pub(crate) fn read<S: AsyncRead + Unpin>(
        stream: &mut S,
        (protocol, serializer): (Protocol, Serializer),
        max_message_size: usize,
    ) -> (Vec<(bool, Bytes)>, bool) {
        let framing = Framing::new(protocol, serializer, Sender::Client, max_message_size);
        let mut reader = FrameReader::new(framing, &[], Arc::default());
        let mut messages = Vec::new();
        loop {
            match reader.poll_next(&mut Context::from_waker(Waker::noop()), stream) {
                Poll::Ready(Ok(Frame::Message { text, bytes })) => messages.push((text, bytes)),
                Poll::Ready(Ok(Frame::Close(_))) => return (messages, false),
                Poll::Ready(Ok(Frame::Fragment | Frame::Ping(_) | Frame::Pong)) => {}
                Poll::Ready(Err(end)) => return (messages, end != ReadError::Lost),
                Poll::Pending => unreachable!("the stream is always ready"),
            }
        }
    }
}
