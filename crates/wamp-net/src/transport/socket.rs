//! A non-blocking socket, TCP or Unix, that does not ask the kernel twice.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::net::{SendFlags, Shutdown, send, shutdown};

/// What one visit reads at most. A message in fragments without end must not hold whoever reads it.
const PER_VISIT: usize = 1 << 20;

/// Where there is no such flag, the standard library has set an option of the socket to the same effect.
#[cfg(not(target_vendor = "apple"))]
const NO_SIGNAL: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NO_SIGNAL: SendFlags = SendFlags::empty();

/// After a short read the socket is empty: the next read reports that without a system call. So it does when a visit has
/// read its share; whoever watches the socket is called again at once.
///
/// There is no vectored write on purpose: it would go through `writev(2)`, which raises SIGPIPE in the host program,
/// while `send(2)` suppresses it.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    drained: bool,
    /// What the present visit may still read.
    left: usize,
    received: u64,
    sent: u64,
}

impl Socket {
    /// Takes a socket that is non-blocking already.
    pub(crate) fn new(fd: impl Into<OwnedFd>) -> Self {
        Self { fd: fd.into(), drained: false, left: PER_VISIT, received: 0, sent: 0 }
    }

    /// Says that time has passed since the last read, so the kernel may have more.
    pub(crate) fn refresh(&mut self) {
        self.drained = false;
        self.left = PER_VISIT;
    }

    /// How many bytes have come so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes the kernel has taken so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Says that nothing more follows.
    pub(crate) fn finish(&mut self) {
        // The peer may have gone before; there is nobody to tell.
        let _ = shutdown(&self.fd, Shutdown::Write);
    }

    /// Ends the connection, in order: what was written still arrives. A socket that is closed with unread data in it
    /// resets the connection instead, which can destroy what is under way; so that is thrown away first, up to a bound.
    pub(crate) fn shutdown(&mut self) {
        self.finish();
        let mut thrown_away = [0; 4096];
        for _ in 0..256 {
            if !matches!(rustix::io::read(&self.fd, &mut thrown_away), Ok(1..)) {
                break;
            }
        }
    }
}

impl Socket {
    /// Appends what there is to the vector, as far as that has room.
    pub(crate) fn append(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let room = into.capacity() - into.len();
        self.take(room, |fd| Ok(rustix::io::read(fd, spare_capacity(into))?))
    }

    fn take(&mut self, room: usize, mut read: impl FnMut(&OwnedFd) -> io::Result<usize>) -> io::Result<usize> {
        if std::mem::take(&mut self.drained) || self.left == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = loop {
            match read(&self.fd) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.received += n as u64;
        self.left = self.left.saturating_sub(n);
        self.drained = n > 0 && n < room;
        Ok(n)
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.take(into.len(), |fd| Ok(rustix::io::read(fd, &mut *into)?))
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let n = send(&self.fd, from, NO_SIGNAL)?;
        self.sent += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    #[test]
    fn a_visit_reads_no_more_than_its_share() {
        const ALL: usize = 8 * PER_VISIT;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let talking = thread::spawn(move || peer.write_all(&vec![7; ALL]).unwrap());
        let tcp = listener.accept().unwrap().0;
        tcp.set_nonblocking(true).unwrap();
        let (mut socket, mut piece, mut largest) = (Socket::new(tcp), vec![0; 8192], 0);
        while socket.received() < ALL as u64 {
            let before = socket.received();
            socket.refresh();
            while socket.read(&mut piece).is_ok() {}
            largest = largest.max(socket.received() - before);
            thread::yield_now();
        }
        talking.join().unwrap();
        assert!(largest < (PER_VISIT + piece.len()) as u64, "{largest}");
    }
}
