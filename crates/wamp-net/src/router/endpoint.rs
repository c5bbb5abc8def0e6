//! An address that the router listens on.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use tokio::net::{TcpListener, TcpSocket};
use tokio_tungstenite::tungstenite::http::Uri;

use super::RouterError;
use crate::authority;

/// How many connections the system may hold ready for us.
const BACKLOG: u32 = 1024;

/// A listening socket, and the URL that leads to it.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) listener: TcpListener,
    pub(super) address: Address,
}

/// The parts of a `ws://` or `wss://` URL.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Address {
    /// Whether it is `wss://`.
    pub(super) secure: bool,
    host: String,
    port: u16,
    pub(super) path: String,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, RouterError> {
        let uri: Uri = url.parse().map_err(|e| RouterError::bad_url(url, format!("{e}")))?;
        let secure = match uri.scheme_str() {
            Some("ws") => false,
            Some("wss") => true,
            Some(other) => return Err(RouterError::bad_url(url, format!("the scheme is {other}, not ws or wss"))),
            None => return Err(RouterError::bad_url(url, "it does not begin with ws:// or wss://")),
        };
        if uri.query().is_some() || url.contains('#') {
            return Err(RouterError::bad_url(url, "a router listens on a path, without query and fragment"));
        }
        let authority = uri.authority().ok_or_else(|| RouterError::bad_url(url, "the host is missing"))?;
        let (host, port) = authority::split(authority.as_str())
            .ok_or_else(|| RouterError::bad_url(url, "the host is neither a name nor an address"))?;
        let port = port.map_or(Ok(if secure { 443 } else { 80 }), str::parse);
        let port = port.map_err(|_| RouterError::bad_url(url, "the port is not a number from 0 to 65535"))?;
        Ok(Self { secure, host: host.to_owned(), port, path: uri.path().to_owned() })
    }

    fn resolve(&self) -> io::Result<impl Iterator<Item = SocketAddr> + use<>> {
        (self.host.as_str(), self.port).to_socket_addrs()
    }

    pub(super) fn url(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}:{}{}", authority::bracketed(&self.host), self.port, self.path)
    }
}

impl Endpoint {
    /// Binds and listens, so that the error comes here and names the address. Must run inside of the runtime's
    /// context.
    pub(super) fn open(url: &str) -> Result<Self, RouterError> {
        let mut address = Address::parse(url)?;
        let candidates = address.resolve().map_err(|e| RouterError::listen(url, e))?;
        let listener = first_that_listens(candidates).map_err(|e| RouterError::listen(url, e))?;
        address.port = listener.local_addr().map_err(|e| RouterError::listen(url, e))?.port();
        Ok(Self { listener, address })
    }
}

/// A forked child of the program holds the socket too: closing our end alone would leave the port taken.
#[cfg(unix)]
impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
    }
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
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_has_host_port_and_path() {
        let address = Address::parse("ws://127.0.0.1:8080/ws").unwrap();
        assert_eq!((address.port, address.path.as_str()), (8080, "/ws"));
        assert_eq!(address.url(), "ws://127.0.0.1:8080/ws");
        assert_eq!(Address::parse("ws://[::1]:0").unwrap().url(), "ws://[::1]:0/");
        assert_eq!(Address::parse("ws://localhost/ws").unwrap().port, 80);
        let address = Address::parse("wss://localhost/ws").unwrap();
        assert_eq!((address.secure, address.url().as_str()), (true, "wss://localhost:443/ws"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_port_is_free_though_a_forked_child_holds_the_socket() {
        let endpoint = Endpoint::open("ws://127.0.0.1:0/ws").unwrap();
        let url = endpoint.address.url();
        let held = rustix::io::dup(&endpoint.listener).unwrap();
        assert!(Endpoint::open(&url).is_err());
        drop(endpoint);
        Endpoint::open(&url).unwrap();
        drop(held);
    }

    #[test]
    fn what_nobody_can_listen_on_is_refused_by_name() {
        let bad = [
            "",
            "127.0.0.1:80",
            "http://x/ws",
            "wss:/x/ws",
            "ws://x:99999/",
            "ws://x:/",
            "ws://x/ws?a",
            "ws://",
            "ws://z[::1];9s",
        ];
        for url in bad {
            let error = Address::parse(url).unwrap_err();
            assert!(error.to_string().contains(&format!("{url:?}")), "{error}");
        }
    }
}
