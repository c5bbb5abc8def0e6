//! What was said but not yet taken by the socket.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};

use super::frame;

/// Small frames are gathered in chunks of this size, so that many leave in one write; a larger frame has a chunk of
/// its own, whose memory goes back as soon as it is sent.
const CHUNK: usize = 16 * 1024;

/// Bytes on their way to the socket, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk is gone.
    sent: usize,
    waiting: usize,
}

impl Outbox {
    /// The bytes that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Appends one message as a data frame.
    pub(crate) fn push_message(&mut self, binary: bool, payload: &[u8]) {
        let chunk = self.room_for(payload.len() + frame::MAX_HEADER);
        let before = chunk.len();
        frame::append(chunk, binary, payload, rand::random());
        self.waiting += chunk.len() - before;
    }

    /// Appends bytes that are framed already.
    pub(crate) fn push_raw(&mut self, bytes: &[u8]) {
        self.room_for(bytes.len()).extend_from_slice(bytes);
        self.waiting += bytes.len();
    }

    /// Writes until nothing waits or the sink takes no more.
    ///
    /// # Errors
    /// Of the sink; `WouldBlock` when it is full. What it has not taken still waits.
    pub(crate) fn write_to(&mut self, sink: &mut impl Write) -> io::Result<()> {
        while self.waiting > 0 {
            let unsent = self.chunks.front().map_or(&[][..], |chunk| &chunk[self.sent..]);
            match sink.write(unsent) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => self.consume(taken),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn room_for(&mut self, size: usize) -> &mut Vec<u8> {
        let fits = self.chunks.back().is_some_and(|chunk| chunk.len() + size <= CHUNK);
        if !fits {
            // The chunk that is kept for the next small frames is of no use here.
            if self.waiting == 0 {
                self.chunks.clear();
            }
            self.chunks.push_back(Vec::with_capacity(size));
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }

    fn consume(&mut self, taken: usize) {
        self.waiting -= taken;
        self.sent += taken;
        if self.chunks.front().is_none_or(|chunk| self.sent < chunk.len()) {
            return;
        }
        self.sent = 0;
        let gone = self.chunks.pop_front();
        if let Some(mut chunk) = gone.filter(|chunk| self.chunks.is_empty() && chunk.capacity() <= CHUNK) {
            chunk.clear();
            self.chunks.push_back(chunk);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
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
            outbox.push_message(false, b"[1,2,3]");
        }
        assert_eq!(outbox.chunks.len(), 1);
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
        outbox.push_message(true, &vec![0; 1 << 20]);
        outbox.write_to(&mut io::sink()).unwrap();
        assert!(outbox.is_empty() && outbox.chunks.is_empty());
    }
}
