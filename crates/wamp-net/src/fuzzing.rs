//! Doors for the fuzz targets into what reads bytes and texts of strangers. Compiled for fuzzing alone.

use std::io::{self, Read};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use wamp_proto::Serializer;

use crate::client::fuzzing::Place;
use crate::transport::{Frame, FrameReader, Framing, Kind, Protocol, Sender, Source};

pub use crate::router::fuzzing::{Address, Frames, Greet, Upgrade};

/// Where a client's URL leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Scheme, and what stands in the `Host` header and in the request.
    pub scheme: String,
    /// Without brackets.
    pub host: String,
    /// The scheme's own where the URL has none.
    pub port: u16,
    /// The `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// The parts of a client's URL; `None` where it is none, or leads to no host.
#[must_use]
pub fn client_url(url: &str) -> Option<Target> {
    let endpoint = crate::client::fuzzing::Endpoint::parse(url).ok()?;
    let authority = endpoint.authority();
    let Place::Host { host, port } = endpoint.place else { return None };
    Some(Target { scheme: endpoint.scheme, host, port, authority, path: endpoint.path })
}

/// What a router that listens on a URL says it listens on; `None` where it does not.
#[must_use]
pub fn router_url(url: &str) -> Option<String> {
    Address::parse(url).ok().map(|address| address.url())
}

/// What a router answers to a request that comes in pieces of that size, and all that follows it: read or not.
#[must_use]
pub fn upgrade(request: &[u8], path: &str, piece: usize) -> (Vec<u8>, Option<(Serializer, Vec<u8>)>) {
    let mut stream = Pieces { bytes: request, piece, written: Vec::new() };
    let mut upgraded = now(Upgrade::read(&mut stream, path)).ok().flatten();
    if let Some((_, rest)) = &mut upgraded {
        rest.extend_from_slice(stream.bytes);
    }
    (stream.written, upgraded)
}

/// The messages (text or not) of a client that sends these bytes in pieces of that size, and whether it broke a rule.
#[must_use]
pub fn frames(bytes: &[u8], max_message_size: usize, piece: usize) -> (Vec<(bool, Bytes)>, bool) {
    let spoken = (Protocol::WebSocket, Serializer::Json);
    Frames::read(&mut Pieces { bytes, piece, written: Vec::new() }, spoken, max_message_size)
}

/// The messages of a server that sends these bytes in pieces of that size, and whether it broke a rule.
#[must_use]
pub fn server_frames(bytes: &[u8], max_message_size: usize, piece: usize) -> (Vec<Bytes>, bool) {
    read_frames(Protocol::WebSocket, Serializer::Json, bytes, max_message_size, piece)
}

fn read_frames(
    protocol: Protocol,
    serializer: Serializer,
    bytes: &[u8],
    max_message_size: usize,
    piece: usize,
) -> (Vec<Bytes>, bool) {
    let mut stream = Pieces { bytes, piece, written: Vec::new() };
    let framing = Framing::new(protocol, serializer, Sender::Server, max_message_size);
    let (mut reader, mut messages) = (FrameReader::new(framing, Vec::new()), Vec::new());
    loop {
        match reader.next(&mut stream) {
            Ok(Some(Frame::Message { bytes, .. })) => messages.push(bytes),
            Ok(Some(Frame::Close(_)) | None) => return (messages, false),
            Ok(Some(Frame::Fragment | Frame::Ping(_) | Frame::Pong)) => {}
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => return (messages, false),
            Err(_) => return (messages, true),
        }
    }
}

/// What a router answers to a client of RawSocket that sends these octets in pieces of that size, and on what they have
/// agreed: the serializer, and the longest message of the client and of the router.
#[must_use]
pub fn raw_greeting(octets: &[u8], max: usize, piece: usize) -> (Vec<u8>, Option<(Serializer, usize, usize)>) {
    let mut stream = Pieces { bytes: octets, piece, written: Vec::new() };
    let agreed = now(Greet::read(&mut stream, max));
    (stream.written, agreed.ok().flatten())
}

/// What a client of RawSocket makes of a router's answer: the router's longest message.
#[must_use]
pub fn raw_answer(octets: [u8; 4]) -> Option<usize> {
    crate::transport::rawsocket::Greeting::of_router(octets).ok().map(|greeting| greeting.max_message_size)
}

/// The messages that both sides read out of these bytes, which come in pieces of that size, and whether a rule is broken:
/// first the router, then the client.
#[must_use]
pub fn raw_frames(bytes: &[u8], serializer: Serializer, max: usize, piece: usize) -> [(Vec<Bytes>, bool); 2] {
    let mut stream = Pieces { bytes, piece, written: Vec::new() };
    let (messages, broken) = Frames::read(&mut stream, (Protocol::RawSocket, serializer), max);
    let router = (messages.into_iter().map(|(_, message)| message).collect(), broken);
    [router, read_frames(Protocol::RawSocket, serializer, bytes, max, piece)]
}

/// Appends a message as a client sends it.
pub fn append_frame(out: &mut Vec<u8>, binary: bool, payload: &[u8], key: [u8; 4]) {
    crate::transport::append_frame(out, if binary { Kind::Binary } else { Kind::Text }, payload, key);
}

/// A stream that is always ready.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
    written: Vec<u8>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.piece.max(1).min(into.len());
        self.bytes.read(&mut into[..size])
    }
}

impl Source for Pieces<'_> {
    fn append(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let room = self.piece.max(1).min(into.capacity() - into.len());
        self.bytes.take(room as u64).read_to_end(into).inspect(|&size| self.bytes = &self.bytes[size..])
    }
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let size = self.piece.max(1).min(into.remaining()).min(self.bytes.len());
        let (piece, rest) = self.bytes.split_at(size);
        into.put_slice(piece);
        self.bytes = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.written.extend_from_slice(from);
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the stream is always ready"),
    }
}
