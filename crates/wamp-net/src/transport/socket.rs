//! A non-blocking TCP socket that does not ask the kernel twice.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

/// After a short read the socket is empty: the next read reports that without a system call.
///
/// There is no vectored write on purpose: it would go through `writev(2)`, which raises SIGPIPE in the host program,
/// while the plain one suppresses it.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    drained: bool,
    received: u64,
    sent: u64,
}

impl Socket {
    /// Takes a socket that is non-blocking already.
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self { tcp, drained: false, received: 0, sent: 0 }
    }

    /// Says that time has passed since the last read, so the kernel may have more.
    pub(crate) fn refresh(&mut self) {
        self.drained = false;
    }

    /// How many bytes have come so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes the kernel has taken so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Ends the connection, in order: what was written still arrives. A socket that is closed with unread data in it
    /// resets the connection instead, which can destroy what is under way; so that is thrown away first, up to a bound.
    pub(crate) fn shutdown(&mut self) {
        // The peer may have gone before; there is nobody to tell.
        let _ = self.tcp.shutdown(Shutdown::Write);
        let mut thrown_away = [0; 4096];
        for _ in 0..256 {
            if !matches!(self.tcp.read(&mut thrown_away), Ok(n) if n > 0) {
                break;
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.drained) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = loop {
            match self.tcp.read(into) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.received += n as u64;
        self.drained = n > 0 && n < into.len();
        Ok(n)
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let n = self.tcp.write(from)?;
        self.sent += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}
