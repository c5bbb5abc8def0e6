//! The address that a router listens on, from its URL.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use tokio_tungstenite::tungstenite::http::Uri;

use super::RouterError;
use crate::authority;
use crate::transport::Protocol;
use crate::url::{self, EXPECTED, Scheme};

/// The parts of a URL.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Address {
    pub(super) scheme: Scheme,
    pub(super) place: Place,
    /// The path of WebSocket's HTTP request.
    pub(super) path: String,
}

/// Where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    Host {
        host: String,
        port: u16,
    },
    File(String),
    /// In this process.
    Name(String),
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, RouterError> {
        Self::read(url).map_err(|reason| RouterError::bad_url(url, reason))
    }

    fn read(url: &str) -> Result<Self, String> {
        let (name, rest) = url::split(url).ok_or_else(|| format!("it does not begin with a scheme: {EXPECTED}"))?;
        let scheme = Scheme::named(name).ok_or_else(|| format!("the scheme is {name}, not {EXPECTED}"))?;
        let (place, path) = match scheme {
            Scheme::Unix | Scheme::WsUnix => in_files(scheme, rest)?,
            Scheme::Local => (Place::Name(url::name(rest)?), "/".to_owned()),
            _ => on_host(scheme, url)?,
        };
        Ok(Self { scheme, place, path })
    }

    /// Its name or address, where it has one.
    pub(super) fn host(&self) -> Option<&str> {
        if let Place::Host { host, .. } = &self.place { Some(host) } else { None }
    }

    pub(super) fn url(&self) -> String {
        match &self.place {
            Place::Name(name) => format!("{}:{name}", self.scheme.name()),
            Place::File(file) => url::of_file(self.scheme, file, &self.path),
            Place::Host { host, port } => {
                let path = if self.scheme.protocol() == Protocol::WebSocket { &self.path } else { "" };
                format!("{}://{}:{port}{path}", self.scheme.name(), authority::bracketed(host))
            }
        }
    }
}

fn in_files(scheme: Scheme, rest: &str) -> Result<(Place, String), String> {
    let (file, path) = url::file(scheme, rest)?;
    if path.contains('?') {
        return Err("a router listens on a path, without query and fragment".into());
    }
    Ok((Place::File(file), path))
}

fn on_host(scheme: Scheme, url: &str) -> Result<(Place, String), String> {
    let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
    if uri.query().is_some() || url.contains('#') {
        return Err("a router listens on a path, without query and fragment".into());
    }
    // Without slashes the scheme would be taken for the host.
    let authority = uri.scheme().and(uri.authority()).ok_or("the host is missing")?;
    let (host, port) = authority::split(authority.as_str()).ok_or("the host is neither a name nor an address")?;
    let port = match port {
        None => scheme.default_port().ok_or("the port is missing")?,
        Some(port) => port.parse().map_err(|_| "the port is not a number from 0 to 65535")?,
    };
    if scheme.protocol() == Protocol::RawSocket && uri.path().len() > 1 {
        return Err("RawSocket knows no path".into());
    }
    Ok((Place::Host { host: host.to_owned(), port }, uri.path().to_owned()))
}

/// The addresses of a host.
pub(super) fn resolve(host: &str, port: u16) -> io::Result<impl Iterator<Item = SocketAddr> + use<>> {
    (host, port).to_socket_addrs()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url_of(url: &str) -> String {
        Address::parse(url).unwrap().url()
    }

    #[test]
    fn a_url_has_host_port_and_path() {
        assert_eq!(url_of("ws://127.0.0.1:8080/ws"), "ws://127.0.0.1:8080/ws");
        assert_eq!(url_of("ws://[::1]:0"), "ws://[::1]:0/");
        assert_eq!(url_of("ws://localhost/ws"), "ws://localhost:80/ws");
        assert_eq!(url_of("WSS://localhost/ws"), "wss://localhost:443/ws");
        assert_eq!(url_of("tcp://localhost:8081/"), "tcp://localhost:8081");
        assert_eq!(url_of("rss://[::1]:8081"), "tls://[::1]:8081");
    }

    #[test]
    fn a_url_may_name_a_file() {
        assert_eq!(url_of("unix:/run/x.sock"), "unix:///run/x.sock");
        assert_eq!(url_of("unix:x.sock"), "unix:x.sock");
        assert_eq!(url_of("local:home"), "local:home");
        assert_eq!(url_of("unix+ws:///run/x.sock:/ws"), "ws+unix:///run/x.sock:/ws");
        assert_eq!(url_of("ws+unix:///run/x.sock"), "ws+unix:///run/x.sock:/");
    }

    #[test]
    fn what_nobody_can_listen_on_is_refused_by_name() {
        let bad = [
            ("", "scheme"),
            ("127.0.0.1:80", "the scheme is 127.0.0.1"),
            ("http://x/ws", "the scheme is http"),
            ("wss:/x/ws", ""),
            ("ws:2", "host"),
            ("tcp:2", "host"),
            ("ws://x:99999/", "port"),
            ("ws://x:/", "port"),
            ("ws://x/ws?a", "query"),
            ("ws://", ""),
            ("ws://z[::1];9s", ""),
            ("tcp://x", "the port is missing"),
            ("tls://x:1/ws", "path"),
            ("unix:", "file"),
            ("local:", "name"),
            ("unix://x.sock", "slashes"),
            ("ws+unix:x.sock:/?a", "query"),
        ];
        for (url, reason) in bad {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(&format!("{url:?}")) && error.contains(reason), "{error}");
        }
    }
}
