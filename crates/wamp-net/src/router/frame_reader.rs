//! Frames from a client.
//!
//! The WebSocket library has a reader too, but its buffer keeps the size of the largest message for the rest of the
//! connection, and takes large messages in small steps. Here a large message gets a buffer of its own, which leaves
//! with it, and an idle connection has none.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::closing::close_frame;
use super::spare::Spare;
use crate::transport::{Frame, Framing, Header, Kind, mask};

/// How much is read at once, and the largest frame that is taken out of the common buffer.
pub(super) const INPUT: usize = 8 << 10;
/// A larger buffer grows by at most so much before the bytes for it have come.
const STEP: usize = 1 << 20;

/// Why reading cannot go on.
#[derive(Debug, PartialEq)]
pub(super) enum ReadError {
    /// The connection is gone.
    Lost,
    /// The client broke the rules; this is what to close the connection with.
    Broken(CloseFrame),
}

/// Takes frames apart.
#[derive(Debug)]
pub(super) struct FrameReader {
    /// What was read and not yet looked at.
    input: BytesMut,
    /// The frame whose payload is not complete.
    head: Option<Header>,
    /// The payload of that frame as far as it has come, if it is too large for `input`.
    large: BytesMut,
    framing: Framing,
    heard: bool,
    spare: Arc<Spare>,
}

fn broken(code: CloseCode, reason: &'static str) -> ReadError {
    ReadError::Broken(close_frame(code, reason))
}

fn violation(reason: &'static str) -> ReadError {
    broken(CloseCode::Protocol, reason)
}

impl FrameReader {
    /// `rest` is what came behind the handshake.
    pub(super) fn new(framing: Framing, rest: &[u8], spare: Arc<Spare>) -> Self {
        let (large, input) = (BytesMut::new(), BytesMut::from(rest));
        Self { input, head: None, large, framing, heard: false, spare }
    }

    pub(super) fn set_max_message_size(&mut self, size: usize) {
        self.framing.set_max_message_size(size);
    }

    /// Takes the memory of a message back, if it is worth it.
    pub(super) fn recycle(&self, message: Bytes) {
        self.spare.give(message);
    }

    /// Whether anything came since this was asked last, if only a part of a message.
    pub(super) fn was_heard(&mut self) -> bool {
        std::mem::take(&mut self.heard)
    }

    /// Whether nothing is left over from what was read before.
    pub(super) fn is_empty(&self) -> bool {
        self.input.is_empty() && self.head.is_none()
    }

    /// The next thing that the client sent.
    pub(super) fn poll_next<S: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut S,
    ) -> Poll<Result<Frame, ReadError>> {
        loop {
            if let Some(frame) = self.parse()? {
                return Poll::Ready(Ok(frame));
            }
            match self.poll_fill(cx, stream) {
                Poll::Ready(Ok(1..)) => self.heard = true,
                Poll::Ready(_) => return Poll::Ready(Err(ReadError::Lost)),
                Poll::Pending => {
                    self.forget_input();
                    return Poll::Pending;
                }
            }
        }
    }

    /// An idle connection keeps no buffer.
    fn forget_input(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    fn poll_fill<S: AsyncRead + Unpin>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<io::Result<usize>> {
        match self.head {
            Some(head) if head.len > INPUT => {
                let missing = head.len - self.large.len();
                if self.large.capacity() == self.large.len() {
                    self.large.reserve(missing.min(STEP));
                }
                pin!(stream.read_buf(&mut (&mut self.large).limit(missing))).poll(cx)
            }
            _ => {
                if self.input.capacity() - self.input.len() < INPUT / 4 {
                    self.input.reserve(INPUT - self.input.len());
                }
                pin!(stream.read_buf(&mut self.input)).poll(cx)
            }
        }
    }

    /// What the bytes at hand make up; `None` when more of them are needed.
    fn parse(&mut self) -> Result<Option<Frame>, ReadError> {
        let Some(head) = self.parse_head()? else { return Ok(None) };
        let Some(mut payload) = self.take_payload(head.len) else { return Ok(None) };
        self.head = None;
        mask(&mut payload, head.key);
        match self.framing.complete(head, payload) {
            Ok(Frame::Close(Some(frame))) if !frame.code.is_allowed() => {
                Err(violation("a closing code that may not be sent"))
            }
            Err(Error::Utf8(_)) if head.kind == Kind::Close => {
                Err(broken(CloseCode::Invalid, "a reason that is not UTF-8"))
            }
            other => Ok(Some(other?)),
        }
    }

    fn parse_head(&mut self) -> Result<Option<Header>, ReadError> {
        if self.head.is_none() {
            let Some((head, size)) = self.framing.header(&self.input)? else { return Ok(None) };
            self.input.advance(size);
            self.head = Some(head);
        }
        Ok(self.head)
    }

    fn take_payload(&mut self, len: usize) -> Option<BytesMut> {
        if len <= INPUT {
            return (self.input.len() >= len).then(|| self.input.split_to(len));
        }
        if self.large.capacity() == 0 {
            self.large = self.spare.take();
            self.large.reserve(len.min(STEP));
        }
        let here = self.input.len().min(len - self.large.len());
        self.large.extend_from_slice(&self.input.split_to(here));
        (self.large.len() == len).then(|| std::mem::take(&mut self.large))
    }
}

/// What to tell a client that broke the rules.
impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
                let reason = format!("a message may have {max_size} bytes");
                Self::Broken(close_frame(CloseCode::Size, reason))
            }
            Error::Utf8(_) => broken(CloseCode::Invalid, "text that is not UTF-8"),
            Error::Protocol(error) => violation(rule(&error)),
            _ => Self::Lost,
        }
    }
}

fn rule(error: &ProtocolError) -> &'static str {
    match error {
        ProtocolError::UnmaskedFrameFromClient => "a client must mask its frames",
        ProtocolError::NonZeroReservedBits => "a reserved bit is set",
        ProtocolError::FragmentedControlFrame => "a control frame in fragments",
        ProtocolError::ControlFrameTooBig => "a control frame of more than 125 bytes",
        ProtocolError::UnexpectedContinueFrame => "a continuation of nothing",
        ProtocolError::ExpectedFragment(_) => "a message within a message",
        ProtocolError::InvalidCloseSequence => "half a closing code",
        _ => "a broken frame header",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use std::pin::Pin;
    use std::task::Waker;

    use tokio::io::ReadBuf;
    use wamp_proto::Serializer;

    use super::*;
    use crate::transport::{Protocol, Sender};

    const KEY: [u8; 4] = [1, 2, 3, 250];

    fn reader(max_message_size: usize) -> FrameReader {
        let framing = Framing::new(Protocol::WebSocket, Serializer::Json, Sender::Client, max_message_size);
        FrameReader::new(framing, &[], Arc::default())
    }

    /// A masked frame; `first` is its first byte.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..126 => bytes.push(0x80 | len as u8),
            len @ 126..0x1_0000 => {
                bytes.push(0xfe);
                bytes.extend((len as u16).to_be_bytes());
            }
            len => {
                bytes.push(0xff);
                bytes.extend((len as u64).to_be_bytes());
            }
        }
        bytes.extend(KEY);
        bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }

    /// A stream that hands out its bytes in pieces, with a pause before each.
    struct Pieces<'a> {
        bytes: &'a [u8],
        size: usize,
        pause: bool,
    }

    impl AsyncRead for Pieces<'_> {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            self.pause = !self.pause;
            if self.pause {
                return Poll::Pending;
            }
            let (piece, rest) = self.bytes.split_at(self.size.min(into.remaining()).min(self.bytes.len()));
            into.put_slice(piece);
            self.bytes = rest;
            Poll::Ready(Ok(()))
        }
    }

    /// Everything that a reader makes of these bytes, and how it ends.
    fn read(bytes: &[u8], size: usize, max: usize) -> (Vec<Frame>, ReadError) {
        let mut reader = reader(max);
        let mut stream = Pieces { bytes, size, pause: false };
        let mut all = Vec::new();
        loop {
            match reader.poll_next(&mut Context::from_waker(Waker::noop()), &mut stream) {
                Poll::Ready(Ok(frame)) => all.push(frame),
                Poll::Ready(Err(end)) => return (all, end),
                Poll::Pending => {}
            }
        }
    }

    fn message(text: bool, bytes: &[u8]) -> Frame {
        Frame::Message { text, bytes: Bytes::copy_from_slice(bytes) }
    }

    #[test]
    fn messages_of_all_sizes_come_whole_however_they_are_cut() {
        for len in [0, 1, 125, 126, INPUT - 1, INPUT, INPUT + 1, 0xffff, 0x1_0000, STEP + 7] {
            let payload: Vec<u8> = (0..len).map(|n| n as u8).collect();
            let mut bytes = frame(0x82, &payload);
            bytes.extend(frame(0x82, b"next"));
            for piece in [1 << 30, 4096, 1000] {
                let (all, end) = read(&bytes, piece, usize::MAX);
                assert!(all == [message(false, &payload), message(false, b"next")], "{len} in {piece}");
                assert_eq!(end, ReadError::Lost);
            }
        }
    }

    #[test]
    fn fragments_are_put_together_and_control_frames_come_between() {
        let bytes = [frame(0x01, b"a\xc3"), frame(0x89, b"ping"), frame(0x00, b"\xa4"), frame(0x80, b"c")].concat();
        for piece in [1, 7, 100] {
            let (all, _) = read(&bytes, piece, 100);
            let ping = Frame::Ping(Bytes::from_static(b"ping"));
            assert_eq!(all, [Frame::Fragment, ping, Frame::Fragment, message(true, "aäc".as_bytes())]);
        }
    }

    #[test]
    fn what_breaks_the_rules_has_its_code() {
        let mut unmasked = frame(0x81, b"");
        unmasked[1] = 0;
        let cases = [
            (unmasked, CloseCode::Protocol),
            (frame(0xc1, b""), CloseCode::Protocol),
            (frame(0x83, b""), CloseCode::Protocol),
            (frame(0x8b, b""), CloseCode::Protocol),
            (frame(0x09, b""), CloseCode::Protocol),
            (frame(0x89, &[0; 126]), CloseCode::Protocol),
            (frame(0x80, b"x"), CloseCode::Protocol),
            ([frame(0x01, b"x"), frame(0x81, b"y")].concat(), CloseCode::Protocol),
            (frame(0x88, b"\x03"), CloseCode::Protocol),
            (frame(0x88, &1005u16.to_be_bytes()), CloseCode::Protocol),
            (frame(0x88, b"\x03\xe8\xff"), CloseCode::Invalid),
            (frame(0x81, b"\xff"), CloseCode::Invalid),
            (frame(0x82, &[0; 1001]), CloseCode::Size),
            ([frame(0x02, &[0; 900]), frame(0x80, &[0; 101])].concat(), CloseCode::Size),
            (vec![0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], CloseCode::Size),
        ];
        for (bytes, code) in cases {
            let (all, end) = read(&bytes, 1 << 20, 1000);
            let ReadError::Broken(frame) = end else { panic!("{bytes:?} is accepted as {all:?}") };
            assert_eq!(frame.code, code, "{bytes:?}");
        }
    }

    #[test]
    fn a_closing_frame_is_read() {
        let (all, _) = read(&[frame(0x88, b""), frame(0x88, b"\x03\xe8bye")].concat(), 1 << 20, 1000);
        assert_eq!(all, [Frame::Close(None), Frame::Close(Some(close_frame(CloseCode::Normal, "bye")))]);
    }

    #[test]
    fn neither_claims_nor_past_messages_take_memory() {
        let mut reader = reader(usize::MAX);
        let mut cx = Context::from_waker(Waker::noop());
        let claim = frame(0x82, &vec![0; 4 << 20]);
        assert_eq!(reader.poll_next(&mut cx, &mut &claim[..100]), Poll::Ready(Err(ReadError::Lost)));
        assert!(reader.large.capacity() <= 2 * STEP);
        assert!(reader.poll_next(&mut cx, &mut &claim[100..]).is_ready());
        assert_eq!(reader.large.capacity(), 0);
    }
}
