//! WebSocket frames from a client (RFC 6455, sections 5 and 7.1).
//!
//! The WebSocket library has a reader too, but its buffer keeps the size of the largest message for the rest of the
//! connection, and takes large messages in small steps. Here a large message gets a buffer of its own, which leaves
//! with it, and an idle connection has none.

use std::io::{self, Cursor};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use super::closing::close_frame;
use super::spare::Spare;

/// How much is read at once, and the largest frame that is taken out of the common buffer.
pub(super) const INPUT: usize = 8 << 10;
/// A larger buffer grows by at most so much before the bytes for it have come.
const STEP: usize = 1 << 20;

/// What a client sent.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    Message { text: bool, bytes: Bytes },
    Ping(Bytes),
    Pong,
    Close(Option<CloseFrame>),
}

/// Why reading cannot go on.
#[derive(Debug, PartialEq)]
pub(super) enum ReadError {
    /// The connection is gone.
    Lost,
    /// The client broke the rules; this is what to close the connection with.
    Broken(CloseFrame),
}

/// Takes frames apart and puts messages together.
#[derive(Debug)]
pub(super) struct FrameReader {
    /// What was read and not yet looked at.
    input: BytesMut,
    /// The frame whose payload is not complete.
    head: Option<Head>,
    /// The payload of that frame as far as it has come, if it is too large for `input`.
    large: BytesMut,
    /// The fragments of a message before the present frame.
    fragments: Option<Fragments>,
    max_message_size: usize,
    heard: bool,
    spare: Arc<Spare>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    len: usize,
}

#[derive(Debug)]
struct Fragments {
    text: bool,
    bytes: BytesMut,
}

fn broken(code: CloseCode, reason: &'static str) -> ReadError {
    ReadError::Broken(close_frame(code, reason))
}

fn violation(reason: &'static str) -> ReadError {
    broken(CloseCode::Protocol, reason)
}

impl FrameReader {
    /// `rest` is what came behind the HTTP request.
    pub(super) fn new(rest: &[u8], max_message_size: usize, spare: Arc<Spare>) -> Self {
        let (large, input) = (BytesMut::new(), BytesMut::from(rest));
        Self { input, head: None, large, fragments: None, max_message_size, heard: false, spare }
    }

    pub(super) fn set_max_message_size(&mut self, size: usize) {
        self.max_message_size = size;
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
    ) -> Poll<Result<Incoming, ReadError>> {
        loop {
            if let Some(incoming) = self.parse()? {
                return Poll::Ready(Ok(incoming));
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
    fn parse(&mut self) -> Result<Option<Incoming>, ReadError> {
        while let Some(head) = self.parse_head()? {
            let Some(mut payload) = self.take_payload(head.len) else { break };
            self.head = None;
            unmask(&mut payload, head.mask);
            let incoming = match head.opcode {
                OpCode::Data(data) => self.on_data(data, head.is_final, payload)?,
                OpCode::Control(control) => Some(on_control(control, payload.freeze())?),
            };
            if incoming.is_some() {
                return Ok(incoming);
            }
        }
        Ok(None)
    }

    fn parse_head(&mut self) -> Result<Option<Head>, ReadError> {
        if self.head.is_none() {
            let mut cursor = Cursor::new(&self.input);
            let parsed = FrameHeader::parse(&mut cursor).map_err(|_| violation("a broken frame header"))?;
            let size = cursor.position() as usize;
            let Some((header, len)) = parsed else { return Ok(None) };
            self.input.advance(size);
            self.head = Some(self.check(&header, len)?);
        }
        Ok(self.head)
    }

    fn check(&self, header: &FrameHeader, len: u64) -> Result<Head, ReadError> {
        let FrameHeader { opcode, is_final, mask, .. } = *header;
        let mask = mask.ok_or_else(|| violation("a client must mask its frames"))?;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(violation("a reserved bit is set"));
        }
        match opcode {
            OpCode::Control(_) if !is_final => return Err(violation("a control frame in fragments")),
            OpCode::Control(_) if len > 125 => return Err(violation("a control frame of more than 125 bytes")),
            _ => {}
        }
        let before = self.fragments.as_ref().map_or(0, |fragments| fragments.bytes.len());
        match usize::try_from(len) {
            Ok(len) if len <= self.max_message_size.saturating_sub(before) || len <= 125 => {
                Ok(Head { opcode, is_final, mask, len })
            }
            _ => Err(self.too_large()),
        }
    }

    fn too_large(&self) -> ReadError {
        let reason = format!("a message may have {} bytes", self.max_message_size);
        ReadError::Broken(close_frame(CloseCode::Size, reason))
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

    fn on_data(&mut self, data: Data, is_final: bool, payload: BytesMut) -> Result<Option<Incoming>, ReadError> {
        let message = match (data, self.fragments.take()) {
            (Data::Text | Data::Binary, None) => Fragments { text: data == Data::Text, bytes: payload },
            (Data::Continue, Some(mut message)) => {
                message.bytes.extend_from_slice(&payload);
                message
            }
            (Data::Continue, None) => return Err(violation("a continuation of nothing")),
            (Data::Text | Data::Binary, Some(_)) => return Err(violation("a message within a message")),
            (Data::Reserved(_), _) => return Err(violation("an unknown kind of frame")),
        };
        if message.bytes.len() > self.max_message_size {
            return Err(self.too_large());
        }
        if !is_final {
            self.fragments = Some(message);
            return Ok(None);
        }
        message.complete().map(Some)
    }
}

impl Fragments {
    fn complete(self) -> Result<Incoming, ReadError> {
        if self.text && std::str::from_utf8(&self.bytes).is_err() {
            return Err(broken(CloseCode::Invalid, "text that is not UTF-8"));
        }
        Ok(Incoming::Message { text: self.text, bytes: self.bytes.freeze() })
    }
}

fn on_control(control: Control, payload: Bytes) -> Result<Incoming, ReadError> {
    match control {
        Control::Ping => Ok(Incoming::Ping(payload)),
        Control::Pong => Ok(Incoming::Pong),
        Control::Close => read_close(&payload).map(Incoming::Close),
        Control::Reserved(_) => Err(violation("an unknown kind of control frame")),
    }
}

fn read_close(mut payload: &[u8]) -> Result<Option<CloseFrame>, ReadError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let code = payload.try_get_u16().map(CloseCode::from).map_err(|_| violation("half a closing code"))?;
    if !code.is_allowed() {
        return Err(violation("a closing code that may not be sent"));
    }
    let reason = std::str::from_utf8(payload).map_err(|_| broken(CloseCode::Invalid, "a reason that is not UTF-8"))?;
    Ok(Some(close_frame(code, reason.to_owned())))
}

/// Exclusive-or with the repeated key, in machine words where possible.
fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let word = u32::from_ne_bytes(key);
    let (words, rest) = payload.as_chunks_mut::<4>();
    for bytes in words {
        *bytes = (u32::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use std::pin::Pin;
    use std::task::Waker;

    use tokio::io::ReadBuf;

    use super::*;

    const KEY: [u8; 4] = [1, 2, 3, 250];

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
    fn read(bytes: &[u8], size: usize, max: usize) -> (Vec<Incoming>, ReadError) {
        let mut reader = FrameReader::new(&[], max, Arc::default());
        let mut stream = Pieces { bytes, size, pause: false };
        let mut all = Vec::new();
        loop {
            match reader.poll_next(&mut Context::from_waker(Waker::noop()), &mut stream) {
                Poll::Ready(Ok(incoming)) => all.push(incoming),
                Poll::Ready(Err(end)) => return (all, end),
                Poll::Pending => {}
            }
        }
    }

    fn message(text: bool, bytes: &[u8]) -> Incoming {
        Incoming::Message { text, bytes: Bytes::copy_from_slice(bytes) }
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
            assert_eq!(all, [Incoming::Ping(Bytes::from_static(b"ping")), message(true, "aäc".as_bytes())]);
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
        assert_eq!(all, [Incoming::Close(None), Incoming::Close(Some(close_frame(CloseCode::Normal, "bye")))]);
    }

    #[test]
    fn neither_claims_nor_past_messages_take_memory() {
        let mut reader = FrameReader::new(&[], usize::MAX, Arc::default());
        let mut cx = Context::from_waker(Waker::noop());
        let claim = frame(0x82, &vec![0; 4 << 20]);
        assert_eq!(reader.poll_next(&mut cx, &mut &claim[..100]), Poll::Ready(Err(ReadError::Lost)));
        assert!(reader.large.capacity() <= 2 * STEP);
        assert!(reader.poll_next(&mut cx, &mut &claim[100..]).is_ready());
        assert_eq!(reader.large.capacity(), 0);
    }
}
