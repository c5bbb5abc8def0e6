//! A connection's bytes, plain or encrypted.

use std::future::poll_fn;
use std::io::{self, BufRead, ErrorKind, IoSlice, Write};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use rustls::{ServerConfig, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::line::Line;
use super::upgrade::linger;
use crate::transport::tls;

/// How much is taken from the socket at once. rustls asks for 4 kB: a large record would take five system calls.
const AHEAD: usize = 32 << 10;

/// What carries a connection's bytes.
pub(super) struct Stream {
    line: Line,
    tls: Option<Box<Tls>>,
}

struct Tls {
    connection: ServerConnection,
    /// Records that rustls has not seen yet. An idle connection has no buffer for them.
    ahead: BytesMut,
}

impl Stream {
    /// Takes a connection, and makes it a secure one if there is a configuration for that.
    pub(super) async fn accept(line: Line, config: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        let mut stream = Self { line, tls: None };
        let Some(config) = config else { return Ok(stream) };
        let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        let mut tls = Box::new(Tls { connection, ahead: BytesMut::new() });
        if let Err(error) = poll_fn(|cx| tls.poll_handshake(&mut stream.line, cx)).await {
            // The peer shall hear why.
            linger(&mut stream.line).await?;
            return Err(error);
        }
        stream.tls = Some(tls);
        Ok(stream)
    }

    /// The other end's address.
    pub(super) fn peer_ip(&self) -> Option<IpAddr> {
        self.line.peer_ip()
    }

    /// What both ends of this channel know and nobody else, if it is one.
    pub(super) fn tls_exporter(&self) -> Option<[u8; 32]> {
        tls::exporter(&self.tls.as_ref()?.connection)
    }

    /// Ready when reading gives something: bytes, the end or an error.
    pub(super) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.tls {
            None => self.line.poll_read_ready(cx),
            Some(tls) => tls.poll_plain(&mut self.line, cx, |_| 0).map_ok(drop),
        }
    }

    /// Whether the system has taken anything to be sent since this was asked last.
    pub(super) fn was_written(&mut self) -> bool {
        self.line.was_written()
    }

    /// Ends both directions at once; what the system has taken is still sent.
    fn end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.connection.send_close_notify();
            // A peer that does not read will not miss it.
            let _ = tls.poll_send(&mut self.line, &mut Context::from_waker(Waker::noop()));
        }
        self.line.end();
    }
}

/// A forked child of the program holds the connection too: the peer would not see that we closed our end. And TLS has an
/// end of its own, which must not be missing (RFC 8446, section 6.1).
impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { line, tls } = self.get_mut();
        match tls {
            None => Pin::new(line).poll_read(cx, into),
            Some(tls) => tls.poll_read(line, cx, into),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(from)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { line, tls } = self.get_mut();
        match tls {
            None => line.poll_write(cx, from),
            Some(tls) => tls.poll_write(line, cx, from),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { line, tls } = self.get_mut();
        tls.as_mut().map_or(Poll::Ready(Ok(())), |tls| tls.poll_send(line, cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(tls) = &mut self.tls {
            tls.connection.send_close_notify();
        }
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

impl Tls {
    fn poll_handshake(&mut self, line: &mut Line, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.is_handshaking() {
            ready!(self.poll_send(line, cx))?;
            if ready!(self.poll_receive(line, cx))? == 0 {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
        }
        self.poll_send(line, cx)
    }

    fn poll_read(&mut self, line: &mut Line, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let take = |plain: &[u8]| {
            let taken = plain.len().min(into.remaining());
            into.put_slice(&plain[..taken]);
            taken
        };
        self.poll_plain(line, cx, take)
    }

    /// Shows plain text as soon as there is some to somebody who says how much of it he takes; none at the end.
    fn poll_plain(
        &mut self,
        line: &mut Line,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut reader = self.connection.reader();
            match reader.fill_buf() {
                Ok(plain) => {
                    let taken = take(plain);
                    reader.consume(taken);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            ready!(self.poll_receive(line, cx))?;
        }
    }

    /// Decrypts some of what comes; 0 when the peer has ended the connection.
    fn poll_receive(&mut self, line: &mut Line, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.ahead.is_empty() {
            let filled = self.poll_fill(line, cx);
            if filled.is_pending() {
                self.ahead = BytesMut::new();
            }
            ready!(filled)?;
        }
        let received = self.connection.read_tls(&mut (&mut self.ahead).reader())?;
        if let Err(error) = self.connection.process_new_packets() {
            // The peer shall hear why, if it reads.
            let _ = self.poll_send(line, cx);
            return Poll::Ready(Err(io::Error::new(ErrorKind::InvalidData, error)));
        }
        Poll::Ready(Ok(received))
    }

    fn poll_fill(&mut self, line: &mut Line, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(line.poll_read_ready(cx))?;
        self.ahead.reserve(AHEAD);
        line.poll_append(cx, &mut self.ahead)
    }

    /// Encrypts as much as its buffer takes, which is nothing as long as the system does not take what was before.
    fn poll_write(&mut self, line: &mut Line, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(line, cx))?;
        let taken = self.connection.writer().write_vectored(from)?;
        // What does not leave now leaves with the next flush.
        match self.poll_send(line, cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    /// Hands what is encrypted to the system.
    fn poll_send(&mut self, line: &mut Line, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut Sink { line, cx }) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The socket as rustls wants it: where it would be pending, it would block.
struct Sink<'a, 'b> {
    line: &'a mut Line,
    cx: &'a mut Context<'b>,
}

impl Write for Sink<'_, '_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(from)])
    }

    fn write_vectored(&mut self, from: &[IoSlice<'_>]) -> io::Result<usize> {
        match self.line.poll_write(self.cx, from) {
            Poll::Ready(taken) => taken,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
