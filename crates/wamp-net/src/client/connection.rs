//! One open connection: messages in and out, control frames, the closing handshake and the heartbeat.

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes, WebSocket, protocol::CloseFrame};
use wamp_proto::Instant;

use super::connector::Opened;
use super::heartbeat::{Attention, Beat, Heartbeat, Passed};
use super::options::NetOptions;
use crate::transport::Wire;

/// An open connection. Nothing here waits.
pub(crate) struct Connection {
    socket: WebSocket<Wire>,
    binary: bool,
    heartbeat: Heartbeat,
}

/// What a look at the socket found.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// A message.
    Frame(Bytes),
    /// A control frame, which is dealt with.
    Control,
    /// Nothing more at present.
    Nothing,
    /// The connection is closed, by whichever end.
    Closed,
    /// The peer sent what cannot be accepted; it is told, and the connection is of no more use.
    Broken(String),
}

impl Connection {
    pub(crate) fn new(opened: Opened, options: &NetOptions, now: Instant) -> Self {
        let heartbeat = Heartbeat::new(options.ping_interval, options.ping_timeout, now);
        Self { socket: opened.socket, binary: opened.serializer.is_binary(), heartbeat }
    }

    /// Queues a message.
    pub(crate) fn send(&mut self, frame: &[u8]) {
        self.socket.get_mut().push_message(self.binary, frame);
    }

    /// Hands to the socket what it takes; whether all is gone.
    pub(crate) fn flush(&mut self) -> bool {
        // The wire first: while much waits there, the WebSocket cannot add its own answers. Only `WouldBlock` comes
        // out of either, and that is the question below.
        let _ = self.socket.get_mut().flush();
        let _ = self.socket.flush();
        !self.wants_write()
    }

    /// Whether something waits until the socket takes it.
    pub(crate) fn wants_write(&self) -> bool {
        self.socket.get_ref().wants_write()
    }

    /// The bytes that wait.
    pub(crate) fn unsent(&self) -> usize {
        self.socket.get_ref().outbox.len()
    }

    /// To be called before the first [`read`](Self::read) of a visit.
    pub(crate) fn refresh(&mut self) {
        self.socket.get_mut().stream.socket().refresh();
    }

    /// Looks for one more message.
    pub(crate) fn read(&mut self) -> Incoming {
        match self.socket.read() {
            Ok(Message::Text(text)) => Incoming::Frame(text.into()),
            Ok(Message::Binary(bytes)) => Incoming::Frame(bytes),
            Ok(Message::Close(_)) => {
                self.flush();
                Incoming::Closed
            }
            Ok(_) => Incoming::Control,
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => Incoming::Nothing,
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &Error) -> Incoming {
        use ProtocolError::{ReceivedAfterClosing, ResetWithoutClosingHandshake};
        let (code, why) = match error {
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                (CloseCode::Size, format!("message too large: {size} bytes, the limit is {max_size}"))
            }
            Error::Utf8(_) => (CloseCode::Invalid, error.to_string()),
            Error::Protocol(ResetWithoutClosingHandshake | ReceivedAfterClosing) => return Incoming::Closed,
            Error::Protocol(_) => (CloseCode::Protocol, error.to_string()),
            _ => return Incoming::Closed,
        };
        self.close(code);
        Incoming::Broken(why)
    }

    /// Starts the closing handshake, after all that was sent before.
    pub(crate) fn close(&mut self, code: CloseCode) {
        // What the socket does not take now waits in the outbox; a second close frame is not sent.
        let _ = self.socket.close(Some(CloseFrame { code, reason: Utf8Bytes::default() }));
    }

    /// When [`beat`](Self::beat) is to be called next.
    pub(crate) fn next_beat(&self) -> Option<Instant> {
        self.heartbeat.next()
    }

    /// Does what the heartbeat asks for; false when the peer is dead.
    pub(crate) fn beat(&mut self, attention: Attention, now: Instant) -> bool {
        let socket = self.socket.get_mut().stream.socket();
        let passed = Passed { received: socket.received(), sent: socket.sent() };
        match self.heartbeat.beat(passed, attention, now) {
            Beat::Quiet => true,
            Beat::Dead => false,
            Beat::Ping => {
                let _ = self.socket.write(Message::Ping(Bytes::new()));
                true
            }
        }
    }

    /// Ends the connection at once.
    pub(crate) fn shutdown(mut self) {
        self.flush();
        self.socket.get_mut().stream.socket().shutdown();
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}
