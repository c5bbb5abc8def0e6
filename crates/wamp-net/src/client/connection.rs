//! One open connection: messages in and out, control frames, the closing handshake and the heartbeat.

use std::os::fd::{AsFd, BorrowedFd};

use bytes::{BufMut, Bytes, BytesMut};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wamp_proto::Instant;

use super::connector::Opened;
use super::heartbeat::{Attention, Beat, Heartbeat, Passed};
use super::options::NetOptions;
use crate::transport::{Frame, FrameReader, Kind, Protocol, Wire};

/// A pong waits with it while more than this waits for the socket: a peer that pings without reading must not fill our
/// memory.
const PONG_WAITS_ABOVE: usize = 64 * 1024;

/// An open connection. Nothing here waits.
pub(crate) struct Connection {
    wire: Wire,
    reader: FrameReader,
    /// What messages are.
    kind: Kind,
    /// Our close frame is queued, or our end, and nothing follows it.
    closing: bool,
    /// What the last ping said, while it is not answered.
    pinged: Option<Bytes>,
    heartbeat: Heartbeat,
}

/// What a look at the socket found.
#[derive(Debug, PartialEq)]
pub(crate) enum Incoming {
    /// A message.
    Frame(Bytes),
    /// A control frame, which is dealt with, or a part of a message.
    Other,
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
        let Opened { wire, reader, serializer, .. } = opened;
        let kind = if serializer.is_binary() { Kind::Binary } else { Kind::Text };
        Self { wire, reader, kind, closing: false, pinged: None, heartbeat }
    }

    /// What both ends of its TLS channel know and nobody else.
    pub(crate) fn tls_exporter(&self) -> Option<[u8; 32]> {
        self.wire.stream.tls_exporter()
    }

    /// Queues a message.
    pub(crate) fn send(&mut self, frame: Bytes) {
        self.wire.push_frame(self.kind, frame);
    }

    /// Hands to the socket what it takes; whether all is gone.
    pub(crate) fn flush(&mut self) -> bool {
        self.answer_ping();
        self.wire.flush();
        if self.pinged.is_some() {
            self.answer_ping();
            self.wire.flush();
        }
        !self.wants_write()
    }

    fn answer_ping(&mut self) {
        if self.wire.outbox.len() <= PONG_WAITS_ABOVE
            && let Some(said) = self.pinged.take()
        {
            self.wire.push_frame(Kind::Pong, said);
        }
    }

    /// Whether a ping waits for its answer.
    pub(crate) fn is_pinged(&self) -> bool {
        self.pinged.is_some()
    }

    /// Whether something waits until the socket takes it.
    pub(crate) fn wants_write(&self) -> bool {
        self.wire.wants_write()
    }

    /// The bytes that wait.
    pub(crate) fn unsent(&self) -> usize {
        self.wire.outbox.len()
    }

    /// To be called before the first [`read`](Self::read) of a visit.
    pub(crate) fn refresh(&mut self) {
        self.wire.stream.socket_mut().refresh();
    }

    /// Looks for one more message.
    pub(crate) fn read(&mut self) -> Incoming {
        match self.reader.next(&mut self.wire.stream) {
            Ok(Some(Frame::Message { bytes, .. })) => Incoming::Frame(bytes),
            Ok(Some(Frame::Fragment | Frame::Pong)) => Incoming::Other,
            Ok(Some(Frame::Ping(said))) => {
                if !self.closing {
                    self.pinged = Some(said);
                }
                Incoming::Other
            }
            Ok(Some(Frame::Close(close))) => {
                self.answer_close(close);
                Incoming::Closed
            }
            Ok(None) => Incoming::Nothing,
            Err(error) => self.failed(&error),
        }
    }

    fn answer_close(&mut self, close: Option<CloseFrame>) {
        let answer = match close {
            None => Bytes::new(),
            Some(CloseFrame { code, reason }) if code.is_allowed() => close_payload(code, reason.as_str()),
            Some(_) => close_payload(CloseCode::Protocol, "Protocol violation"),
        };
        self.push_close(answer);
        self.flush();
    }

    fn failed(&mut self, error: &Error) -> Incoming {
        let (code, why) = match error {
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                (CloseCode::Size, format!("message too large: {size} bytes, the limit is {max_size}"))
            }
            Error::Utf8(_) => (CloseCode::Invalid, error.to_string()),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return Incoming::Closed,
            Error::Protocol(_) => (CloseCode::Protocol, error.to_string()),
            _ => return Incoming::Closed,
        };
        self.close(code);
        Incoming::Broken(why)
    }

    /// Starts the closing handshake, after all that was sent before. A RawSocket has none: the end is said.
    pub(crate) fn close(&mut self, code: CloseCode) {
        self.push_close(close_payload(code, ""));
        self.flush();
    }

    fn push_close(&mut self, payload: Bytes) {
        if !std::mem::replace(&mut self.closing, true) {
            self.pinged = None;
            match self.wire.protocol() {
                Protocol::WebSocket => self.wire.push_frame(Kind::Close, payload),
                Protocol::RawSocket => self.wire.finish(),
            }
        }
    }

    /// When [`beat`](Self::beat) is to be called next.
    pub(crate) fn next_beat(&self) -> Option<Instant> {
        self.heartbeat.next(self.passed())
    }

    /// Does what the heartbeat asks for; false when the peer is dead.
    pub(crate) fn beat(&mut self, attention: Attention, now: Instant) -> bool {
        match self.heartbeat.beat(self.passed(), attention, now) {
            Beat::Quiet => true,
            Beat::Dead => false,
            Beat::Ping => {
                if !self.closing {
                    self.wire.push_frame(Kind::Ping, Bytes::new());
                }
                true
            }
        }
    }

    fn passed(&self) -> Passed {
        let socket = self.wire.stream.socket();
        Passed { received: socket.received(), sent: socket.sent() }
    }

    /// Ends the connection at once.
    pub(crate) fn shutdown(mut self) {
        self.flush();
        self.wire.stream.socket_mut().shutdown();
    }
}

fn close_payload(code: CloseCode, reason: &str) -> Bytes {
    let mut payload = BytesMut::with_capacity(2 + reason.len());
    payload.put_u16(code.into());
    payload.put_slice(reason.as_bytes());
    payload.freeze()
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wire.as_fd()
    }
}
