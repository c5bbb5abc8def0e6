//! A WebSocket connection, polled: messages in, messages out.
//!
//! The WebSocket library reads, unmasks and answers control frames; what it writes goes to the write buffer, among
//! the messages. So the messages themselves are neither copied per receiver nor written one by one.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, WebSocketContext};
use wamp_proto::Serializer;

use super::closing::close_frame;
use super::upgrade::Upgraded;
use super::write_buffer::WriteBuffer;

/// Allocated for each connection; larger messages get a buffer of their size while they are read.
const READ_BUFFER: usize = 8 << 10;
/// A peer that lets so many bytes of pongs wait is not read any further.
const MAX_CONTROL: usize = 4 << 10;

/// One connection after its upgrade.
pub(super) struct Socket {
    tcp: TcpStream,
    websocket: WebSocketContext,
    pub(super) output: WriteBuffer,
    serializer: Serializer,
    /// Whether the peer was heard since [`Socket::was_heard`] was asked.
    heard: bool,
    /// The same for writing.
    written: bool,
}

/// Why nothing more is read from a connection.
#[derive(Debug)]
pub(super) enum Ended {
    /// The peer has closed it.
    ByPeer,
    /// It broke.
    Lost,
    /// The peer broke the rules of WebSocket or of the subprotocol.
    Broken(CloseFrame),
}

impl Socket {
    pub(super) fn new(tcp: TcpStream, upgraded: Upgraded, max_message_size: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(max_message_size))
            .max_frame_size(Some(max_message_size));
        let Upgraded { serializer, rest } = upgraded;
        Self {
            tcp,
            websocket: WebSocketContext::from_partially_read(rest, Role::Server, Some(config)),
            output: WriteBuffer::new(serializer.is_binary()),
            serializer,
            heard: false,
            written: false,
        }
    }

    pub(super) fn serializer(&self) -> Serializer {
        self.serializer
    }

    /// Whether anything came from the peer since this was asked last.
    pub(super) fn was_heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// Whether the system has taken anything to be sent since this was asked last.
    pub(super) fn was_written(&mut self) -> bool {
        std::mem::take(&mut self.written)
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
        while self.may_read() {
            let mut io = Io { tcp: &mut self.tcp, output: &mut self.output, heard: &mut self.heard, cx };
            return match self.websocket.read(&mut io) {
                Ok(Message::Text(text)) => Poll::Ready(self.fitting(false, text.into())),
                Ok(Message::Binary(bytes)) => Poll::Ready(self.fitting(true, bytes)),
                Ok(Message::Close(_)) => Poll::Ready(Err(self.answer_close(cx))),
                Ok(_) => continue,
                Err(Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
                Err(e) => Poll::Ready(Err(Ended::from(e))),
            };
        }
        Poll::Pending
    }

    pub(super) fn may_read(&self) -> bool {
        self.output.control_len() < MAX_CONTROL
    }

    fn fitting(&self, binary: bool, message: Bytes) -> Result<Bytes, Ended> {
        if binary == self.serializer.is_binary() {
            return Ok(message);
        }
        let reason = if binary { "wamp.2.json takes text frames" } else { "wamp.2.msgpack takes binary frames" };
        Err(Ended::Broken(close_frame(CloseCode::Unsupported, reason)))
    }

    /// Moves the library's answer to the peer's closing frame into the write buffer.
    fn answer_close(&mut self, cx: &mut Context<'_>) -> Ended {
        self.control(cx, |websocket, io| websocket.flush(io));
        Ended::ByPeer
    }

    pub(super) fn ping(&mut self, cx: &mut Context<'_>) {
        self.control(cx, |websocket, io| websocket.write(io, Message::Ping(Bytes::new())));
    }

    /// Begins the closing handshake, after what is in the write buffer.
    pub(super) fn close(&mut self, cx: &mut Context<'_>, frame: CloseFrame) {
        self.control(cx, |websocket, io| websocket.close(io, Some(frame)));
    }

    /// Errors are those of a connection that is being closed already, and [`Socket::poll_message`] tells them too.
    fn control(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut WebSocketContext, &mut Io<'_, '_>) -> Result<(), Error>,
    ) {
        let mut io = Io { tcp: &mut self.tcp, output: &mut self.output, heard: &mut self.heard, cx };
        let _ = act(&mut self.websocket, &mut io);
    }

    /// Writes what is in the write buffer. Ready when that is empty.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let tcp = Pin::new(&mut self.tcp);
            match ready!(tcp.poll_write_vectored(cx, &self.output.slices()))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.output.advance(written),
            }
            self.written = true;
        }
        Poll::Ready(Ok(()))
    }

    pub(super) fn into_tcp(self) -> TcpStream {
        self.tcp
    }
}

/// What the WebSocket library reads from and writes to, for the time of one call.
struct Io<'a, 'c> {
    tcp: &'a mut TcpStream,
    output: &'a mut WriteBuffer,
    heard: &'a mut bool,
    cx: &'a mut Context<'c>,
}

impl Read for Io<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(into);
        match Pin::new(&mut *self.tcp).poll_read(self.cx, &mut buffer) {
            Poll::Ready(result) => {
                *self.heard = true;
                result.map(|()| buffer.filled().len())
            }
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Io<'_, '_> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.output.write(frame)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::ByPeer,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => Self::Lost,
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
                Self::Broken(close_frame(CloseCode::Size, format!("a message may have {max_size} bytes")))
            }
            Error::Utf8(_) => Self::Broken(close_frame(CloseCode::Invalid, "text that is not UTF-8")),
            // The reason of a closing frame is short; what the library says about a broken rule is too.
            other => Self::Broken(close_frame(CloseCode::Protocol, other.to_string())),
        }
    }
}
