//! A connection after its handshake, polled: messages in, messages out. Control frames are dealt with here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use bytestring::ByteString;
use tokio::io::AsyncWrite;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::Serializer;

use super::closing::close_frame;
use super::frame_reader::{FrameReader, INPUT, ReadError};
use super::spare::Spare;
use super::stream::Stream;
use super::write_buffer::WriteBuffer;
use crate::transport::{Frame, Framing, Protocol, Sender};

/// A peer that lets so many bytes of pongs wait is not read any further.
const MAX_CONTROL: usize = 4 << 10;

/// So many frames that are no messages are read before the other connections get their turn.
const FRAMES_AT_ONCE: usize = 256;

/// What the handshake of a connection has settled.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) protocol: Protocol,
    pub(super) serializer: Serializer,
    /// The longest message that the client was told it may send.
    pub(super) max_incoming: usize,
    /// The longest message that the client takes.
    pub(super) max_outgoing: usize,
    /// The `Cookie` headers of HTTP.
    pub(super) cookies: Option<ByteString>,
    /// What the client sent behind its part.
    pub(super) rest: Vec<u8>,
}

/// One connection.
pub(super) struct Socket {
    stream: Stream,
    input: FrameReader,
    pub(super) output: WriteBuffer,
    serializer: Serializer,
    protocol: Protocol,
    max_outgoing: usize,
    /// Whether our closing frame is written, or in the write buffer.
    closing: bool,
}

/// Why nothing more is read from a connection.
#[derive(Debug)]
pub(super) enum Ended {
    /// The peer has closed it; our answer is in the write buffer.
    ByPeer,
    /// It broke.
    Lost,
    /// The peer broke the rules of WebSocket or of the subprotocol.
    Broken(CloseFrame),
}

impl Socket {
    pub(super) fn new(stream: Stream, agreed: &Agreed, max_message_size: usize, spare: Arc<Spare>) -> Self {
        let Agreed { protocol, serializer, max_outgoing, ref rest, .. } = *agreed;
        let framing = Framing::new(protocol, serializer, Sender::Client, max_message_size);
        Self {
            stream,
            input: FrameReader::new(framing, rest, spare),
            output: WriteBuffer::new(protocol, serializer),
            serializer,
            protocol,
            max_outgoing,
            closing: false,
        }
    }

    pub(super) fn set_max_message_size(&mut self, size: usize) {
        self.input.set_max_message_size(size);
    }

    /// Another handle of a message's memory for [`Socket::recycle`], if it is worth it.
    pub(super) fn reusable(message: &Bytes) -> Option<Bytes> {
        (message.len() > INPUT).then(|| message.clone())
    }

    /// Takes the memory of a message back when it is routed.
    pub(super) fn recycle(&self, message: Bytes) {
        self.input.recycle(message);
    }

    pub(super) fn serializer(&self) -> Serializer {
        self.serializer
    }

    /// The longest message that the peer takes.
    pub(super) fn max_outgoing(&self) -> usize {
        self.max_outgoing
    }

    /// Whether the peer hears with a closing frame why it is closed.
    pub(super) fn has_closing_frames(&self) -> bool {
        self.protocol == Protocol::WebSocket
    }

    /// Whether anything came from the peer since this was asked last.
    pub(super) fn was_heard(&mut self) -> bool {
        self.input.was_heard()
    }

    /// Whether the system has taken anything to be sent since this was asked last.
    pub(super) fn was_written(&mut self) -> bool {
        self.stream.was_written()
    }

    /// The next message; what waits is written meanwhile.
    pub(super) fn poll_exchange(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Ended>> {
        loop {
            if let Poll::Ready(message) = self.poll_message(cx) {
                return Poll::Ready(message);
            }
            let held_back = !self.may_read();
            match self.poll_flush(cx) {
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Ended::Lost)),
                Poll::Ready(Ok(())) if held_back => {}
                _ => return Poll::Pending,
            }
        }
    }

    /// The next message. While too many pongs wait it is pending without a waker: flush, then ask again.
    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Ended>> {
        for _ in 0..FRAMES_AT_ONCE {
            if !self.may_read() {
                return Poll::Pending;
            }
            match ready!(self.poll_incoming(cx)) {
                Ok(Frame::Message { text, bytes }) => return Poll::Ready(self.fitting(text, bytes)),
                Ok(Frame::Ping(payload)) => self.output.pong(payload),
                Ok(Frame::Fragment | Frame::Pong) => {}
                Ok(Frame::Close(frame)) => {
                    self.close(frame.unwrap_or_else(|| close_frame(CloseCode::Normal, "")));
                    return Poll::Ready(Err(Ended::ByPeer));
                }
                Err(ReadError::Lost) => return Poll::Ready(Err(Ended::Lost)),
                Err(ReadError::Broken(frame)) => return Poll::Ready(Err(Ended::Broken(frame))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(super) fn may_read(&self) -> bool {
        self.output.control_len() < MAX_CONTROL
    }

    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame, ReadError>> {
        // The reader gets itself a buffer: only when there is something for it.
        if self.input.is_empty() && ready!(self.stream.poll_readable(cx)).is_err() {
            return Poll::Ready(Err(ReadError::Lost));
        }
        self.input.poll_next(cx, &mut self.stream)
    }

    fn fitting(&self, text: bool, message: Bytes) -> Result<Bytes, Ended> {
        if text != self.serializer.is_binary() {
            return Ok(message);
        }
        let kind = if text { "binary" } else { "text" };
        let reason = format!("{} takes {kind} frames", self.serializer.subprotocol());
        Err(Ended::Broken(close_frame(CloseCode::Unsupported, reason)))
    }

    pub(super) fn ping(&mut self) {
        self.output.ping();
    }

    /// Begins or answers the closing handshake, after what is in the write buffer.
    pub(super) fn close(&mut self, frame: CloseFrame) {
        if !std::mem::replace(&mut self.closing, true) {
            self.output.close(frame);
        }
    }

    /// Writes what is in the write buffer. Ready when the system has taken it all.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let stream = Pin::new(&mut self.stream);
            match ready!(stream.poll_write_vectored(cx, &self.output.slices()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.output.advance(written),
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::router::line::Line;

    async fn socket(tcp: TcpStream, max_message_size: usize) -> Socket {
        let agreed = Agreed {
            protocol: Protocol::WebSocket,
            serializer: Serializer::Json,
            max_incoming: usize::MAX,
            max_outgoing: usize::MAX,
            cookies: None,
            rest: Vec::new(),
        };
        let stream = Stream::accept(Line::tcp(tcp), None).await.unwrap();
        Socket::new(stream, &agreed, max_message_size, Arc::default())
    }

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (peer, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn its_end_is_seen_though_a_forked_child_holds_the_connection() {
        let (mut peer, tcp) = pair().await;
        let held = rustix::io::dup(&tcp).unwrap();
        drop(socket(tcp, 1).await);
        assert_eq!(peer.read(&mut [0]).await.unwrap(), 0);
        drop(held);
    }

    #[tokio::test]
    async fn fragments_and_pongs_without_end_leave_others_their_turn() {
        const FRAMES: usize = 5000;
        let (mut peer, tcp) = pair().await;
        let mut socket = socket(tcp, 100).await;
        let frame = |first: u8| [first, 0x80, 0, 0, 0, 0];
        let many = [frame(0x00), frame(0x8a)].concat().repeat(FRAMES / 2);
        peer.write_all(&[&frame(0x01)[..], &many, &frame(0x80)].concat()).await.unwrap();
        let mut polls = 0;
        let message = std::future::poll_fn(|cx| {
            polls += 1;
            socket.poll_message(cx)
        });
        assert_eq!(message.await.unwrap(), "");
        assert!(polls > FRAMES / FRAMES_AT_ONCE, "{polls}");
    }
}
