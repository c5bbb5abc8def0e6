//! A socket that the router listens on.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, TcpSocket, UnixStream};

use super::RouterError;
use super::address::{Address, Place, resolve};
use super::line::Line;
use super::unix::UnixEndpoint;
use crate::local;

/// How many connections the system may hold ready for us.
pub(super) const BACKLOG: u32 = 1024;

/// A listening socket, and the URL that leads to it.
#[derive(Debug)]
pub(super) struct Endpoint {
    listener: Listener,
    pub(super) address: Address,
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix(UnixEndpoint),
    Local(local::Listener),
}

impl Endpoint {
    /// Binds and listens, so that the error comes here and names the address. Must run inside of the runtime's
    /// context.
    pub(super) fn open(url: &str, unix_mode: u32) -> Result<Self, RouterError> {
        let mut address = Address::parse(url)?;
        let listener = match &mut address.place {
            Place::Host { host, port } => listen_on_host(host, port),
            Place::Name(name) => local::Listener::bind(name).map(Listener::Local),
            Place::File(file) => UnixEndpoint::open(file.as_ref(), unix_mode).map(Listener::Unix),
        };
        let listener = listener.map_err(|error| RouterError::listen(url, error))?;
        Ok(Self { listener, address })
    }

    /// The next connection.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Line>> {
        match &self.listener {
            Listener::Tcp(listener) => listener.poll_accept(cx).map_ok(|(tcp, _)| Line::tcp(tcp)),
            Listener::Unix(endpoint) => endpoint.poll_accept(cx).map_ok(Line::unix),
            Listener::Local(listener) => {
                let accepted = ready!(listener.poll_accept(cx));
                Poll::Ready(accepted.and_then(UnixStream::from_std).map(Line::unix))
            }
        }
    }
}

/// A forked child of the program holds the socket too: closing our end alone would leave the port taken.
impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Listener::Tcp(listener) = &self.listener {
            let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
        }
    }
}

/// Listens on the first address of the host that can be had, and tells the port.
fn listen_on_host(host: &str, port: &mut u16) -> io::Result<Listener> {
    let listener = first_that_listens(resolve(host, *port)?)?;
    *port = listener.local_addr()?.port();
    Ok(Listener::Tcp(listener))
}

fn first_that_listens(candidates: impl Iterator<Item = SocketAddr>) -> io::Result<TcpListener> {
    let mut error = io::ErrorKind::AddrNotAvailable.into();
    for candidate in candidates {
        match listen(candidate) {
            Ok(listener) => return Ok(listener),
            Err(e) => error = e,
        }
    }
    Err(error)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Without it the port stays taken for a minute by the connections that the router itself has closed.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[tokio::test]
    async fn its_port_is_free_though_a_forked_child_holds_the_socket() {
        let endpoint = Endpoint::open("ws://127.0.0.1:0/ws", 0o600).unwrap();
        let url = endpoint.address.url();
        let Listener::Tcp(listener) = &endpoint.listener else { panic!("not TCP") };
        let held = rustix::io::dup(listener).unwrap();
        assert!(Endpoint::open(&url, 0o600).is_err());
        drop(endpoint);
        Endpoint::open(&url, 0o600).unwrap();
        drop(held);
    }
}
