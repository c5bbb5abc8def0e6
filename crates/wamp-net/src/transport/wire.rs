//! A connection's bytes in both directions, after its handshake too.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;

use super::{Kind, Outbox, Protocol, Stream};

/// A stream with an outbox before it: pushing only queues, flushing hands to the socket what it takes.
pub(crate) struct Wire {
    pub(crate) stream: Stream,
    pub(crate) outbox: Outbox,
    /// Writing failed. Reading tells the rest: the peer may have said why before it went.
    broken: bool,
    /// Nothing is pushed any more; the peer is to know when all is written.
    finishing: bool,
}

impl Wire {
    /// `protocol` is what frames are written for.
    pub(crate) fn new(stream: Stream, protocol: Protocol) -> Self {
        Self { stream, outbox: Outbox::new(protocol), broken: false, finishing: false }
    }

    /// What frames are written for.
    pub(crate) fn protocol(&self) -> Protocol {
        self.outbox.protocol()
    }

    /// Ends our direction as soon as everything is written.
    pub(crate) fn finish(&mut self) {
        self.finishing = true;
    }

    /// Queues a frame.
    pub(crate) fn push_frame(&mut self, kind: Kind, payload: Bytes) {
        if !self.broken {
            self.outbox.push_frame(kind, payload);
        }
    }

    /// Whether something waits until the socket takes it.
    pub(crate) fn wants_write(&self) -> bool {
        !self.broken && (!self.outbox.is_empty() || self.stream.wants_write())
    }

    /// Hands to the socket what it takes; a connection that cannot be written to any more swallows what is left.
    pub(crate) fn flush(&mut self) {
        if self.broken {
            return;
        }
        if let Err(error) = self.write_out()
            && error.kind() != ErrorKind::WouldBlock
        {
            self.broken = true;
            self.outbox.clear();
        }
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.outbox.write_to(&mut self.stream)?;
        if std::mem::take(&mut self.finishing) {
            self.stream.finish();
        }
        self.stream.flush()
    }
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.read(into)
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
