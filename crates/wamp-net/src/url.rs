//! The URLs of routers, for those who listen and for those who connect.
//!
//! | URL | transport |
//! |---|---|
//! | `ws://host:port/path`, `wss://…` | WebSocket over TCP, over TLS |
//! | `tcp://host:port`, `tls://…` | RawSocket over TCP, over TLS; also `rs` and `rss`, `tcps` |
//! | `ws+unix:///file:/path` | WebSocket over the Unix socket of that file; also `unix+ws` |
//! | `unix:///file` | RawSocket over it |
//! | `local:name` | RawSocket inside of the process, to the router of that name |
//!
//! A file may be relative to the working directory: `unix:file`.

use tokio_tungstenite::tungstenite::http::Uri;

use crate::transport::Protocol;

/// What begins a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Ws,
    Wss,
    Tcp,
    Tls,
    WsUnix,
    Unix,
    Local,
}

/// The names of the schemes, those first that are said.
const SCHEMES: [(&str, Scheme); 11] = [
    ("ws", Scheme::Ws),
    ("wss", Scheme::Wss),
    ("tcp", Scheme::Tcp),
    ("tls", Scheme::Tls),
    ("unix", Scheme::Unix),
    ("ws+unix", Scheme::WsUnix),
    ("local", Scheme::Local),
    ("rs", Scheme::Tcp),
    ("rss", Scheme::Tls),
    ("tcps", Scheme::Tls),
    ("unix+ws", Scheme::WsUnix),
];

/// The schemes, for messages.
pub(crate) const EXPECTED: &str = "ws, wss, tcp, tls, unix, ws+unix or local";

impl Scheme {
    /// The scheme of that name, in whatever case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, scheme)| *scheme)
    }

    pub(crate) fn name(self) -> &'static str {
        SCHEMES.iter().find(|(_, scheme)| *scheme == self).map_or("", |(name, _)| name)
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::Ws | Self::Wss | Self::WsUnix => Protocol::WebSocket,
            Self::Tcp | Self::Tls | Self::Unix | Self::Local => Protocol::RawSocket,
        }
    }

    pub(crate) fn is_secure(self) -> bool {
        matches!(self, Self::Wss | Self::Tls)
    }

    /// Whether a file stands behind it, not a host.
    pub(crate) fn is_unix(self) -> bool {
        matches!(self, Self::Unix | Self::WsUnix)
    }

    /// Whether a name stands behind it.
    pub(crate) fn is_local(self) -> bool {
        self == Self::Local
    }

    /// The port of a URL without one.
    pub(crate) fn default_port(self) -> Option<u16> {
        match self {
            Self::Ws => Some(80),
            Self::Wss => Some(443),
            _ => None,
        }
    }
}

/// The scheme that a URL begins with, as it is written, and what stands behind its colon.
pub(crate) fn split(url: &str) -> Option<(&str, &str)> {
    url.split_once(':')
}

/// The file of a Unix socket and the path of the HTTP request, from what stands behind the colon of the scheme.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn file(scheme: Scheme, rest: &str) -> Result<(String, String), &'static str> {
    let rest = match rest.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => return Err("three slashes stand before the file, or none"),
        None => rest,
    };
    let (file, path) = match scheme.protocol() {
        Protocol::WebSocket => rest.split_once(':').unwrap_or((rest, "/")),
        Protocol::RawSocket => (rest, "/"),
    };
    if file.is_empty() || file.ends_with('/') || file.contains('\0') {
        return Err("the file of the socket is missing");
    }
    if !path.starts_with('/') || path.contains('#') || format!("ws://localhost{path}").parse::<Uri>().is_err() {
        return Err("the path behind the file is none");
    }
    Ok((file.to_owned(), path.to_owned()))
}

/// The name of a router of this process, from what stands behind the colon of the scheme.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn name(rest: &str) -> Result<String, &'static str> {
    let name = rest.strip_prefix("//").unwrap_or(rest);
    match name {
        "" => Err("the name of the router is missing"),
        name if name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control()) => {
            Err("the name of a router has no spaces and no slashes")
        }
        name => Ok(name.to_owned()),
    }
}

/// The URL of a Unix socket.
pub(crate) fn of_file(scheme: Scheme, file: &str, path: &str) -> String {
    let slashes = if file.starts_with('/') { "//" } else { "" };
    let (colon, path) = if scheme.protocol() == Protocol::WebSocket { (":", path) } else { ("", "") };
    format!("{}:{slashes}{file}{colon}{path}", scheme.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_has_a_name() {
        for (name, scheme) in SCHEMES {
            assert_eq!(Scheme::named(name), Some(scheme));
            assert_eq!(Scheme::named(&name.to_ascii_uppercase()), Some(scheme));
            assert_eq!(Scheme::named(scheme.name()), Some(scheme));
        }
        assert_eq!(Scheme::named("http"), None);
    }

    #[test]
    fn a_file_is_absolute_or_relative_and_may_have_a_path() {
        let cases = [
            ("unix:///run/x.sock", "/run/x.sock", "/"),
            ("unix:/run/x:y.sock", "/run/x:y.sock", "/"),
            ("unix:x.sock", "x.sock", "/"),
            ("ws+unix:///run/x.sock:/ws", "/run/x.sock", "/ws"),
            ("ws+unix:/run/x.sock", "/run/x.sock", "/"),
            ("unix+ws:x.sock:/a/b?c", "x.sock", "/a/b?c"),
        ];
        for (url, socket, path) in cases {
            let (scheme, rest) = split(url).and_then(|(name, rest)| Some((Scheme::named(name)?, rest))).expect("a URL");
            assert_eq!(file(scheme, rest), Ok((socket.to_owned(), path.to_owned())), "{url}");
            let again = of_file(scheme, socket, path);
            assert_eq!(split(&again).map(|(_, rest)| file(scheme, rest)), Some(file(scheme, rest)), "{again}");
        }
    }

    #[test]
    fn a_name_is_a_word() {
        assert_eq!((name("home"), name("//home")), (Ok("home".to_owned()), Ok("home".to_owned())));
        for rest in ["", "//", "a b", "a/b", "///a", "a\n"] {
            assert!(name(rest).is_err(), "{rest:?}");
        }
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for rest in ["", "//", "///", "//x.sock", "x/", "a\0b", ":/ws", "///x:", "///x:ws", "///x:/a b", "///x:/#"] {
            assert!(file(Scheme::WsUnix, rest).is_err(), "{rest:?}");
        }
        assert!(file(Scheme::Unix, "//host/x").is_err());
    }
}
