//! The socket of a connection, of whichever kind.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// A socket, which remembers whether the system has taken anything.
pub(super) struct Line {
    socket: Socket,
    written: bool,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// What to do with the socket, whichever it is.
macro_rules! each {
    ($line:expr, $socket:ident => $work:expr) => {
        match &mut $line.socket {
            Socket::Tcp($socket) => $work,
            Socket::Unix($socket) => $work,
        }
    };
}

impl Line {
    pub(super) fn tcp(tcp: TcpStream) -> Self {
        // Without it a small message waits for the acknowledgement of the one before.
        let _ = tcp.set_nodelay(true);
        Self { socket: Socket::Tcp(tcp), written: false }
    }

    pub(super) fn unix(unix: UnixStream) -> Self {
        Self { socket: Socket::Unix(unix), written: false }
    }

    /// The other end's address, where it has one.
    pub(super) fn peer_ip(&self) -> Option<IpAddr> {
        match &self.socket {
            Socket::Tcp(tcp) => tcp.peer_addr().ok().map(|peer| peer.ip().to_canonical()),
            Socket::Unix(_) => None,
        }
    }

    /// Whether the system has taken anything to be sent since this was asked last.
    pub(super) fn was_written(&mut self) -> bool {
        std::mem::take(&mut self.written)
    }

    /// Ready when reading gives something: bytes, the end or an error.
    pub(super) fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, socket => socket.poll_read_ready(cx))
    }

    /// Appends what there is, as far as there is room.
    pub(super) fn poll_append(&mut self, cx: &mut Context<'_>, into: &mut BytesMut) -> Poll<io::Result<usize>> {
        each!(self, socket => pin!(socket.read_buf(into)).poll(cx))
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let taken = ready!(each!(self, socket => Pin::new(socket).poll_write_vectored(cx, from)))?;
        self.written |= taken > 0;
        Poll::Ready(Ok(taken))
    }

    /// Ends both directions at once; what the system has taken is still sent.
    pub(super) fn end(&mut self) {
        let _ = each!(self, socket => rustix::net::shutdown(&*socket, rustix::net::Shutdown::Both));
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, socket => Pin::new(socket).poll_read(cx, into))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Self::poll_write(&mut self, cx, &[IoSlice::new(from)])
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, socket => Pin::new(socket).poll_shutdown(cx))
    }
}
