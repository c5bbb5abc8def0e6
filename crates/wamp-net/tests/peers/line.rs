//! Bytes to and from a router.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::{in_time, trust};

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A stream of whichever kind; a type of its own, because tasks cannot name the lifetime of a `dyn`.
pub(crate) struct Line(Box<dyn Io>);

impl Line {
    pub(crate) fn new(stream: impl Io + 'static) -> Self {
        Self(Box::new(stream))
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// With little room for what is not read: who stops reading shall be noticed before tens of megabytes are under way.
pub(crate) async fn tcp(url: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    let tcp = socket.connect(url.split('/').nth(2).unwrap().parse().unwrap()).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    tcp
}

/// A connection to what the router says is its URL.
pub(crate) async fn line(url: &str) -> Line {
    let (scheme, rest) = url.split_once(':').unwrap();
    let file = || rest.trim_start_matches("//").split(':').next().unwrap();
    match scheme {
        "local" => Line::new(UnixStream::from_std(wamp_net::local::connect(rest).unwrap()).unwrap()),
        "unix" | "ws+unix" => Line::new(UnixStream::connect(file()).await.unwrap()),
        "tls" | "wss" => {
            let name = ServerName::try_from("127.0.0.1").unwrap();
            Line::new(in_time(TlsConnector::from(trust()).connect(name, tcp(url).await)).await.unwrap())
        }
        _ => Line::new(tcp(url).await),
    }
}
