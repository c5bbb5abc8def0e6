//! What was said but not yet taken by the socket.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};

use bytes::Bytes;

use super::{Protocol, frame, rawsocket, scratch};

/// Small frames are gathered in chunks of this size, so that many leave in one write; a larger payload stays where it
/// is, and is masked on its way.
const CHUNK: usize = 16 * 1024;

/// The memory that stays with a connection which has nothing to say.
const KEPT: usize = 512;

/// Bytes on their way to the socket, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    /// Small frames behind all chunks.
    tail: Vec<u8>,
    /// How much of what comes first is gone.
    sent: usize,
    waiting: usize,
    protocol: Protocol,
}

#[derive(Debug)]
enum Chunk {
    /// Frames as they leave.
    Framed(Vec<u8>),
    /// A payload whose header stands before it.
    Payload { bytes: Bytes, key: [u8; 4] },
}

impl Chunk {
    fn len(&self) -> usize {
        match self {
            Self::Framed(bytes) => bytes.len(),
            Self::Payload { bytes, .. } => bytes.len(),
        }
    }

    /// Copies what leaves from that position on, as far as there is room; returns how much that is.
    fn copy_to(&self, out: &mut [u8], position: usize) -> usize {
        match self {
            Self::Framed(bytes) => copy(out, &bytes[position..]),
            Self::Payload { bytes, key } => frame::copy_masked(out, bytes, position, *key),
        }
    }
}

fn copy(out: &mut [u8], bytes: &[u8]) -> usize {
    let size = out.len().min(bytes.len());
    out[..size].copy_from_slice(&bytes[..size]);
    size
}

impl Outbox {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self { protocol, ..Self::default() }
    }

    /// What frames are written for.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Appends a frame. A RawSocket's are not masked.
    pub(crate) fn push_frame(&mut self, kind: frame::Kind, payload: Bytes) {
        let (protocol, length) = (self.protocol, payload.len());
        let key = match protocol {
            Protocol::WebSocket => rand::random::<u32>().to_ne_bytes(),
            Protocol::RawSocket => [0; 4],
        };
        let header = |out: &mut Vec<u8>| match protocol {
            Protocol::WebSocket => frame::append_header(out, kind, length, key),
            Protocol::RawSocket => out.extend_from_slice(&rawsocket::header(kind, length)),
        };
        if length + frame::MAX_HEADER <= CHUNK {
            self.append(length + frame::MAX_HEADER, |out| {
                header(out);
                frame::append_masked(out, &payload, key);
            });
        } else {
            self.append(frame::MAX_HEADER, header);
            self.close_tail();
            self.waiting += length;
            self.chunks.push_back(Chunk::Payload { bytes: payload, key });
        }
    }

    /// Appends bytes that are framed already.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        self.append(bytes.len(), |out| out.extend_from_slice(bytes));
    }

    /// Appends to the tail what takes at most `size` bytes.
    fn append(&mut self, size: usize, write: impl FnOnce(&mut Vec<u8>)) {
        if self.tail.len() + size > CHUNK && !self.tail.is_empty() {
            self.close_tail();
        }
        let before = self.tail.len();
        write(&mut self.tail);
        self.waiting += self.tail.len() - before;
    }

    fn close_tail(&mut self) {
        self.chunks.push_back(Chunk::Framed(std::mem::take(&mut self.tail)));
    }

    /// Writes until nothing waits or the sink takes no more.
    ///
    /// # Errors
    /// Of the sink; `WouldBlock` when it is full. What it has not taken still waits.
    pub(crate) fn write_to(&mut self, sink: &mut impl Write) -> io::Result<()> {
        while self.waiting > 0 {
            match self.write_once(sink) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.consume(taken),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write_once(&self, sink: &mut impl Write) -> io::Result<usize> {
        if self.chunks.is_empty() {
            return sink.write(&self.tail[self.sent..]);
        }
        scratch::with(|scratch| {
            let size = self.copy_to(scratch);
            sink.write(&scratch[..size])
        })
    }

    /// Copies what leaves next, as far as there is room; returns how much that is.
    fn copy_to(&self, out: &mut [u8]) -> usize {
        let (mut size, mut position) = (0, self.sent);
        for chunk in &self.chunks {
            size += chunk.copy_to(&mut out[size..], position);
            if size == out.len() {
                return size;
            }
            position = 0;
        }
        size + copy(&mut out[size..], &self.tail)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.protocol);
    }

    fn consume(&mut self, taken: usize) {
        self.waiting -= taken;
        self.sent += taken;
        while let Some(size) = self.chunks.front().map(Chunk::len).filter(|&size| size <= self.sent) {
            self.sent -= size;
            self.chunks.pop_front();
        }
        if self.waiting == 0 {
            self.sent = 0;
            self.tail.clear();
            if self.tail.capacity() > KEPT {
                self.tail = Vec::new();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocket};

    use super::frame::Kind;
    use super::*;

    /// Takes a few bytes per write, and nothing when it is full.
    struct Trickle {
        taken: Vec<u8>,
        step: usize,
        room: usize,
    }

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let step = self.step.min(self.room).min(bytes.len());
            if step == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.room -= step;
            self.taken.extend_from_slice(&bytes[..step]);
            Ok(step)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_leaves_in_order_through_partial_writes() {
        let mut outbox = Outbox::default();
        let mut expected = Vec::new();
        for i in 0..100_usize {
            let bytes = vec![i as u8; i * i * 7 + 1];
            outbox.push_raw(&bytes);
            expected.extend(bytes);
        }
        assert_eq!(outbox.len(), expected.len());
        let mut sink = Trickle { taken: Vec::new(), step: 977, room: 0 };
        while !outbox.is_empty() {
            sink.room = 10_000;
            let result = outbox.write_to(&mut sink);
            assert!(outbox.is_empty() || result.unwrap_err().kind() == ErrorKind::WouldBlock);
            assert_eq!(outbox.len() + sink.taken.len(), expected.len());
        }
        assert_eq!(sink.taken, expected);
    }

    #[test]
    fn small_frames_leave_in_one_write() {
        let mut outbox = Outbox::default();
        for _ in 0..20 {
            outbox.push_frame(Kind::Text, Bytes::from_static(b"[1,2,3]"));
        }
        let mut sink = Trickle { taken: Vec::new(), step: usize::MAX, room: usize::MAX };
        assert_eq!(outbox.write_once(&mut sink).unwrap(), outbox.len());
    }

    #[test]
    fn large_payloads_are_masked_through_partial_writes() {
        let payloads = [10, CHUNK, 300_000, 7, 100_003, 1].map(|size| "payload ".repeat(size)[..size].to_owned());
        for step in [1 << 20, 100_000, 4099, 977] {
            let mut outbox = Outbox::default();
            for payload in &payloads {
                outbox.push_frame(Kind::Text, payload.clone().into());
            }
            let mut sink = Trickle { taken: Vec::new(), step, room: usize::MAX };
            outbox.write_to(&mut sink).unwrap();
            let mut server = WebSocket::from_raw_socket(Cursor::new(sink.taken), Role::Server, None);
            for payload in &payloads {
                assert!(server.read().unwrap() == Message::text(payload.as_str()), "{} bytes", payload.len());
            }
        }
    }

    #[test]
    fn a_large_frame_may_follow_a_small_one() {
        let mut outbox = Outbox::default();
        for size in [10, 100_000, 10, 10, 100_000] {
            outbox.push_raw(&vec![0; size]);
            let mut sink = Vec::new();
            outbox.write_to(&mut sink).unwrap();
            assert_eq!((sink.len(), outbox.len()), (size, 0));
        }
    }

    #[test]
    fn the_memory_of_a_large_frame_is_given_back() {
        let mut outbox = Outbox::default();
        outbox.push_frame(Kind::Binary, vec![0; 1 << 20].into());
        outbox.push_raw(&[0; 1 << 20]);
        outbox.write_to(&mut io::sink()).unwrap();
        assert!(outbox.is_empty() && outbox.chunks.is_empty() && outbox.tail.capacity() <= KEPT);
    }
}
