//! What the WebSocket protocol reads from and writes to.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use super::{Outbox, Stream};

/// The protocol's own answers (pong, close) wait with it while more than this waits here: a peer that pings without
/// reading must not fill our memory.
const ANSWERS_WAIT_ABOVE: usize = 64 * 1024;

/// A stream with an outbox before it: writing only queues, flushing hands to the socket what it takes.
pub(crate) struct Wire {
    pub(crate) stream: Stream,
    pub(crate) outbox: Outbox,
    /// Writing failed. Reading tells the rest: the peer may have said why before it went.
    broken: bool,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, outbox: Outbox::default(), broken: false }
    }

    /// Queues one message.
    pub(crate) fn push_message(&mut self, binary: bool, payload: &[u8]) {
        if !self.broken {
            self.outbox.push_message(binary, payload);
        }
    }

    /// Whether something waits until the socket takes it.
    pub(crate) fn wants_write(&self) -> bool {
        !self.broken && (!self.outbox.is_empty() || self.stream.wants_write())
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.outbox.write_to(&mut self.stream)?;
        self.stream.flush()
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.read(into)
    }
}

impl Write for Wire {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Ok(from.len());
        }
        if self.outbox.len() > ANSWERS_WAIT_ABOVE {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.outbox.push_raw(from);
        Ok(from.len())
    }

    /// Hands to the socket what it takes.
    ///
    /// # Errors
    /// `WouldBlock` alone; a connection that cannot be written to any more swallows what is left.
    fn flush(&mut self) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        match self.write_out() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                self.broken = true;
                self.outbox.clear();
                Ok(())
            }
            other => other,
        }
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
