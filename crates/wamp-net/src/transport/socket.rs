//! A non-blocking TCP socket that does not ask the kernel twice.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::buffer::spare_capacity;

/// What one visit reads at most. A message in fragments without end must not hold whoever reads it.
const PER_VISIT: usize = 1 << 20;

/// After a short read the socket is empty: the next read reports that without a system call. So it does when a visit has
/// read its share; whoever watches the socket is called again at once.
///
/// There is no vectored write on purpose: it would go through `writev(2)`, which raises SIGPIPE in the host program,
/// while the plain one suppresses it.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    drained: bool,
    /// What the present visit may still read.
    left: usize,
    received: u64,
    sent: u64,
}

impl Socket {
    /// Takes a socket that is non-blocking already.
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self { tcp, drained: false, left: PER_VISIT, received: 0, sent: 0 }
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

impl Socket {
    /// Appends what there is to the vector, as far as that has room.
    pub(crate) fn append(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let room = into.capacity() - into.len();
        self.take(room, |tcp| Ok(rustix::io::read(tcp, spare_capacity(into))?))
    }

    fn take(&mut self, room: usize, mut read: impl FnMut(&mut TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        if std::mem::take(&mut self.drained) || self.left == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = loop {
            match read(&mut self.tcp) {
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
        self.take(into.len(), |tcp| tcp.read(into))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::TcpListener;
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
