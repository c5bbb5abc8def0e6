//! Messages as frames on their way into the socket.

use std::io::IoSlice;

use bytes::{Buf, Bytes};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use wamp_proto::Serializer;

use crate::transport::{Kind, Protocol, rawsocket};

/// How much is gathered for one write.
const STAGE: usize = 16 << 10;
/// A message up to this size is copied into the stage; a larger one is written from where it is.
const COPY: usize = 4 << 10;
/// How large a stage is kept while there is nothing to write.
const KEEP: usize = 1 << 10;

/// Gathers small messages and leaves large ones where they are, so that a large event is never copied per subscriber.
#[derive(Debug)]
pub(super) struct WriteBuffer {
    /// Frames, and the header of the frame whose payload `large` is.
    stage: Vec<u8>,
    sent: usize,
    large: Bytes,
    /// Control frames; they go between the data frames.
    control: Vec<u8>,
    /// How many bytes of control frames are in the stage, the written ones included.
    staged_control: usize,
    frames: Frames,
}

#[derive(Clone, Copy, Debug)]
enum Frames {
    /// A message has this code.
    WebSocket(OpCode),
    RawSocket,
}

impl Frames {
    fn append_header(self, out: &mut Vec<u8>, length: usize) {
        match self {
            // Writing to a vector cannot fail.
            Self::WebSocket(opcode) => {
                let _ = FrameHeader { opcode, ..FrameHeader::default() }.format(length as u64, out);
            }
            Self::RawSocket => out.extend_from_slice(&rawsocket::header(Kind::Binary, length)),
        }
    }

    fn append_control(self, out: &mut Vec<u8>, kind: Kind, payload: Bytes) {
        match self {
            Self::WebSocket(_) => {
                let frame = if kind == Kind::Ping { Frame::ping(payload) } else { Frame::pong(payload) };
                let _ = frame.format(out);
            }
            Self::RawSocket => {
                out.extend_from_slice(&rawsocket::header(kind, payload.len()));
                out.extend_from_slice(&payload);
            }
        }
    }
}

impl WriteBuffer {
    pub(super) fn new(protocol: Protocol, serializer: Serializer) -> Self {
        let data = if serializer.is_binary() { Data::Binary } else { Data::Text };
        let frames = match protocol {
            Protocol::WebSocket => Frames::WebSocket(OpCode::Data(data)),
            Protocol::RawSocket => Frames::RawSocket,
        };
        Self { stage: Vec::new(), sent: 0, large: Bytes::new(), control: Vec::new(), staged_control: 0, frames }
    }

    pub(super) fn push(&mut self, message: Bytes) {
        self.push_control();
        self.frames.append_header(&mut self.stage, message.len());
        if message.len() <= COPY {
            self.stage.extend_from_slice(&message);
        } else {
            self.large = message;
        }
    }

    pub(super) fn ping(&mut self) {
        self.frames.append_control(&mut self.control, Kind::Ping, Bytes::new());
    }

    pub(super) fn pong(&mut self, payload: Bytes) {
        self.frames.append_control(&mut self.control, Kind::Pong, payload);
    }

    /// The last frame of a WebSocket. A RawSocket has none.
    pub(super) fn close(&mut self, frame: CloseFrame) {
        if let Frames::WebSocket(_) = self.frames {
            let _ = Frame::close(Some(frame)).format(&mut self.control);
        }
    }

    /// How many bytes of control frames wait: a peer that sends pings without reading the pongs makes it grow.
    pub(super) fn control_len(&self) -> usize {
        self.staged_control + self.control.len()
    }

    fn push_control(&mut self) {
        if self.large.is_empty() {
            self.staged_control += self.control.len();
            self.stage.append(&mut self.control);
        }
    }

    /// Whether it should be written before more is pushed.
    pub(super) fn is_full(&self) -> bool {
        !self.large.is_empty() || self.stage.len() >= STAGE
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stage.is_empty() && self.large.is_empty() && self.control.is_empty()
    }

    /// What to write next.
    pub(super) fn slices(&mut self) -> [IoSlice<'_>; 2] {
        self.push_control();
        [IoSlice::new(&self.stage[self.sent..]), IoSlice::new(&self.large)]
    }

    /// So many bytes of the slices were written.
    pub(super) fn advance(&mut self, written: usize) {
        let staged = self.stage.len() - self.sent;
        if written < staged {
            self.sent += written;
            return;
        }
        self.large.advance(written - staged);
        self.sent = 0;
        self.stage.clear();
        self.staged_control = 0;
        if self.large.is_empty() {
            self.large = Bytes::new();
        }
        if self.stage.capacity() > KEEP {
            self.stage = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(serializer: Serializer) -> WriteBuffer {
        WriteBuffer::new(Protocol::WebSocket, serializer)
    }

    /// Writes everything out, at most `step` bytes at a time.
    fn written(buffer: &mut WriteBuffer, step: usize) -> Vec<u8> {
        let mut wire = Vec::new();
        while !buffer.is_empty() {
            let slices = buffer.slices();
            let mut bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            bytes.truncate(step);
            buffer.advance(bytes.len());
            wire.extend(bytes);
        }
        wire
    }

    #[test]
    fn small_messages_are_gathered() {
        let mut buffer = buffer(Serializer::Json);
        buffer.push(Bytes::from_static(b"ab"));
        buffer.push(Bytes::from_static(b"c"));
        assert!(!buffer.is_full());
        assert_eq!(written(&mut buffer, 3), b"\x81\x02ab\x81\x01c");
    }

    #[test]
    fn a_large_message_is_not_copied_and_control_frames_wait_for_its_end() {
        let large = Bytes::from(vec![7; COPY + 1]);
        let mut buffer = buffer(Serializer::MsgPack);
        buffer.push(large.clone());
        buffer.pong(Bytes::from_static(b"ping"));
        assert!(buffer.is_full());
        assert_eq!(buffer.slices()[1].as_ptr(), large.as_ptr());
        let wire = written(&mut buffer, 1000);
        assert_eq!(wire[..4], [0x82, 126, 0x10, 0x01]);
        assert_eq!(wire[4..4 + large.len()], large);
        assert_eq!(wire[4 + large.len()..], *b"\x8a\x04ping");
    }

    #[test]
    fn control_frames_count_until_they_are_written() {
        let mut buffer = buffer(Serializer::Json);
        buffer.pong(Bytes::from_static(b"ping"));
        assert_eq!(buffer.control_len(), 6);
        // The system takes nothing, then a part of it.
        buffer.slices();
        assert_eq!(buffer.control_len(), 6);
        buffer.advance(5);
        buffer.pong(Bytes::from_static(b"ping"));
        assert_eq!(buffer.control_len(), 12);
        assert_eq!(written(&mut buffer, 100), b"g\x8a\x04ping");
        assert_eq!(buffer.control_len(), 0);
    }

    #[test]
    fn the_frames_of_a_rawsocket_have_lengths_and_no_closing() {
        let mut buffer = WriteBuffer::new(Protocol::RawSocket, Serializer::Json);
        buffer.push(Bytes::from_static(b"ab"));
        buffer.push(Bytes::from(vec![7; COPY + 1]));
        buffer.ping();
        buffer.pong(Bytes::from_static(b"why"));
        buffer.close(CloseFrame { code: 1000.into(), reason: "bye".into() });
        let wire = written(&mut buffer, 1000);
        assert_eq!(wire[..10], *b"\0\0\0\x02ab\0\0\x10\x01");
        assert_eq!(wire[10 + COPY + 1..], *b"\x01\0\0\0\x02\0\0\x03why");
    }

    #[test]
    fn a_large_message_is_given_back_as_soon_as_it_is_written() {
        let large = Bytes::from(vec![7; COPY + 1]);
        let mut buffer = buffer(Serializer::MsgPack);
        buffer.push(large.clone());
        written(&mut buffer, 5000);
        assert!(large.is_unique());
    }
}
