//! Where a client connects to.

use std::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

use crate::authority;

/// A text that is no URL with a scheme and a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid URL:{0}")]
pub struct UrlError(pub String);

/// The parts of a URL. Its scheme is not judged here, so that a wrong one is reported like any other failure to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) scheme: String,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    port: Option<u16>,
    /// Path and query, at least `/`.
    pub(crate) path: String,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self, UrlError> {
        Self::split(url).ok_or_else(|| UrlError(url.to_owned()))
    }

    fn split(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let (host, port) = authority::split(authority.as_str())?;
        let port = match port {
            None => None,
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0)?),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        Some(Self { scheme, host: host.to_owned(), port, path })
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.scheme == "wss"
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(self.default_port())
    }

    /// The value of the `Host` header: the port is left out when it is the scheme's own.
    pub(crate) fn authority(&self) -> String {
        if self.port() == self.default_port() { authority::bracketed(&self.host) } else { self.to_string() }
    }

    fn default_port(&self) -> u16 {
        if self.is_secure() { 443 } else { 80 }
    }
}

/// `host:port`, for messages.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", authority::bracketed(&self.host), self.port())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, String, u16, String, String) {
        let e = Endpoint::parse(url).unwrap();
        (e.scheme.clone(), e.host.clone(), e.port(), e.path.clone(), e.authority())
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
        ];
        for (url, (scheme, host, port, path, authority)) in cases {
            let expected = (scheme.into(), host.into(), port, path.into(), authority.into());
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_quoted() {
        for url in [
            "",
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
