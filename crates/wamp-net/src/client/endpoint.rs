//! Where a client connects to.

use std::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

use crate::authority;
use crate::transport::Protocol;
use crate::url::{self, Scheme};

/// A text that is no URL with a scheme and a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid URL:{0}")]
pub struct UrlError(pub String);

/// The parts of a URL. Its scheme is not judged here, so that a wrong one is reported like any other failure to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// In small letters.
    pub(crate) scheme: String,
    pub(crate) place: Place,
    /// Path and query of WebSocket's request, at least `/`.
    pub(crate) path: String,
}

/// Where the router listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A name or an address, without the brackets of an IPv6 one.
    Host { host: String, port: u16 },
    /// A Unix socket.
    File(String),
    /// A router of this process.
    Name(String),
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self, UrlError> {
        Self::split(url).map_err(|reason| match reason {
            "" => UrlError(url.to_owned()),
            reason => UrlError(format!("{url} ({reason})")),
        })
    }

    fn split(url: &str) -> Result<Self, &'static str> {
        let (name, rest) = url::split(url).ok_or("")?;
        let (place, path) = match Scheme::named(name) {
            Some(scheme) if scheme.is_unix() => {
                let (file, path) = url::file(scheme, rest)?;
                (Place::File(file), path)
            }
            Some(scheme) if scheme.is_local() => (Place::Name(url::name(rest)?), "/".to_owned()),
            scheme => on_host(url, scheme)?,
        };
        Ok(Self { scheme: name.to_ascii_lowercase(), place, path })
    }

    pub(crate) fn kind(&self) -> Option<Scheme> {
        Scheme::named(&self.scheme)
    }

    /// The value of the `Host` header: the port is left out when it is the scheme's own.
    pub(crate) fn authority(&self) -> String {
        match &self.place {
            Place::Host { host, port } if *port == default_port(self.kind()) => authority::bracketed(host),
            Place::Host { .. } => self.to_string(),
            Place::File(_) | Place::Name(_) => "localhost".to_owned(),
        }
    }
}

fn on_host(url: &str, scheme: Option<Scheme>) -> Result<(Place, String), &'static str> {
    let is_raw = scheme.is_some_and(|scheme| scheme.protocol() == Protocol::RawSocket);
    let uri: Uri = url.parse().map_err(|_| "")?;
    // Without slashes the scheme would be taken for the host.
    let authority = uri.scheme().and(uri.authority()).ok_or("")?;
    let (host, port) = authority::split(authority.as_str()).ok_or("")?;
    let port = match port {
        None if is_raw => return Err("the port is missing"),
        None => default_port(scheme),
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or("")?,
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if is_raw && !matches!(path, "" | "/") {
        return Err("RawSocket knows no path");
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok((Place::Host { host: host.to_owned(), port }, path))
}

fn default_port(scheme: Option<Scheme>) -> u16 {
    scheme.and_then(Scheme::default_port).unwrap_or(80)
}

/// `host:port`, the file or the name, for messages.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Host { host, port } => write!(f, "{}:{port}", authority::bracketed(host)),
            Place::File(file) => f.write_str(file),
            Place::Name(name) => write!(f, "local:{name}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, String, u16, String, String) {
        let e = Endpoint::parse(url).unwrap();
        let authority = e.authority();
        let Place::Host { host, port } = e.place else { panic!("{url} is on no host") };
        (e.scheme, host, port, e.path, authority)
    }

    #[test]
    fn parts_of_a_url() {
        let cases = [
            ("ws://h", ("ws", "h", 80, "/", "h")),
            ("WS://h:8080/ws", ("ws", "h", 8080, "/ws", "h:8080")),
            ("ws://h:80/", ("ws", "h", 80, "/", "h")),
            ("wss://router.example.org/a/b?c=d", ("wss", "router.example.org", 443, "/a/b?c=d", "router.example.org")),
            ("wss://h:80", ("wss", "h", 80, "/", "h:80")),
            ("ws://h?x=1", ("ws", "h", 80, "/?x=1", "h")),
            ("ws://[::1]:9000/ws", ("ws", "::1", 9000, "/ws", "[::1]:9000")),
            ("ws://[::1]", ("ws", "::1", 80, "/", "[::1]")),
            ("ws://user:word@h:81/", ("ws", "h", 81, "/", "h:81")),
            ("http://h/x", ("http", "h", 80, "/x", "h")),
            ("ws://my_host:1/", ("ws", "my_host", 1, "/", "my_host:1")),
            ("tcp://h:8081", ("tcp", "h", 8081, "/", "h:8081")),
            ("TLS://[::1]:80/", ("tls", "::1", 80, "/", "[::1]")),
        ];
        for (url, (scheme, host, port, path, authority)) in cases {
            let expected = (scheme.into(), host.into(), port, path.into(), authority.into());
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn a_file_has_a_path_where_it_has_http() {
        let parts = |url| {
            let endpoint = Endpoint::parse(url).unwrap();
            (endpoint.to_string(), endpoint.path)
        };
        assert_eq!(parts("unix:///run/x.sock"), ("/run/x.sock".into(), "/".into()));
        assert_eq!(parts("unix:x.sock"), ("x.sock".into(), "/".into()));
        assert_eq!(parts("ws+unix:///run/x.sock:/ws?a"), ("/run/x.sock".into(), "/ws?a".into()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [("tcp://h", "port"), ("tls://h:1/x", "path"), ("unix:", "file"), ("ws+unix://x", "slashes")];
        for (url, part) in cases {
            let error = Endpoint::parse(url).unwrap_err().to_string();
            assert!(error.starts_with(&format!("Invalid URL:{url} (")) && error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_is_no_url_is_quoted() {
        for url in [
            "",
            "ws:2",
            "localhost:8080",
            "not-a-url",
            "ws://",
            "ws:/h",
            "ws:///x",
            "ws://h:99999/",
            "ws://h:0/",
            "ws://h:x/",
            "ws://a b/",
            "ws://a[b]/",
            "ws://[[::1]]/",
            "ws://[;%]/",
            "ws://[::1]x/",
            "/ws",
        ] {
            assert_eq!(Endpoint::parse(url), Err(UrlError(url.into())), "{url}");
        }
        assert_eq!(UrlError("not-a-url".into()).to_string(), "Invalid URL:not-a-url");
    }
}
