//! Why there is no connection.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;

use super::endpoint::Endpoint;
use super::handshake::Failure;
use crate::url::EXPECTED;

/// Why a connection did not open. The texts reach the application's `onError`; the first two are part of the contract
/// with programs written for Loowy 0.4.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// The HTTP answer is not one that accepts a WebSocket.
    #[error("accept failed")]
    AcceptFailed,
    /// The URL's scheme stands for no transport.
    #[error("bad protocol: {0} (expected {EXPECTED})")]
    Scheme(String),
    /// No router of that name runs in this process.
    #[error("no router of this program listens on local:{0}")]
    NoRouter(String),
    /// The name of the host is unknown, or there was nobody to ask.
    #[error("host not found: {host} ({reason})")]
    Host {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// An option's header cannot be sent, or is one that the WebSocket handshake sets itself.
    #[error("header not allowed: {0}")]
    Header(String),
    /// The files of the TLS options are not usable.
    #[error("{0}")]
    TlsOptions(String),
    /// The connection could not be secured; most often, the peer's certificate is not trusted.
    #[error("{peer}: TLS failed: {reason}")]
    Tls {
        /// Host and port, or the file.
        peer: String,
        /// What is wrong.
        reason: String,
    },
    /// The network failed.
    #[error("{peer}: {reason}")]
    Io {
        /// Host and port, or the file.
        peer: String,
        /// What the system said.
        reason: String,
    },
    /// It took too long.
    #[error("{peer}: no connection within {} s", .limit.as_secs_f64())]
    TimedOut {
        /// Host and port, or the file.
        peer: String,
        /// The time limit.
        limit: Duration,
    },
    /// The answer to the upgrade is not one of a WebSocket server.
    #[error("{peer}: WebSocket handshake failed: {reason}")]
    Handshake {
        /// Host and port, or the file.
        peer: String,
        /// What is wrong.
        reason: String,
    },
    /// The router refuses the RawSocket, or answers something else.
    #[error("{peer}: RawSocket handshake failed: {reason}")]
    Greeting {
        /// Host and port, or the file.
        peer: String,
        /// What is wrong.
        reason: String,
    },
    /// The server accepts the WebSocket, but speaks no serialization that was offered: it is no WAMP router, or not one
    /// for this client.
    #[error("{peer}: no common serializer ({})", if .chosen.is_empty() { "the server chose none" } else { .chosen.as_str() })]
    Subprotocol {
        /// Host and port, or the file.
        peer: String,
        /// What the server chose, if it did.
        chosen: String,
    },
}

impl ConnectError {
    pub(super) fn host(host: &str, error: &io::Error) -> Self {
        Self::Host { host: host.to_owned(), reason: error.to_string() }
    }

    pub(super) fn greeting(endpoint: &Endpoint, reason: &dyn ToString) -> Self {
        Self::Greeting { peer: endpoint.to_string(), reason: reason.to_string() }
    }

    pub(super) fn io(endpoint: &Endpoint, error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            _ => Self::Io { peer: endpoint.to_string(), reason: error.to_string() },
        }
    }

    pub(super) fn tls(endpoint: &Endpoint, reason: &dyn ToString) -> Self {
        Self::Tls { peer: endpoint.to_string(), reason: reason.to_string() }
    }

    pub(super) fn handshake(endpoint: &Endpoint, failure: Failure) -> Self {
        let reason = match failure {
            Failure::Io(error) => return Self::io(endpoint, &error),
            Failure::Answer(Error::Http(_) | Error::Protocol(ProtocolError::SecWebSocketAcceptKeyMismatch)) => {
                return Self::AcceptFailed;
            }
            Failure::Answer(Error::Protocol(ProtocolError::HandshakeIncomplete)) => {
                "the server closed the connection".into()
            }
            Failure::Answer(other) => other.to_string(),
            Failure::TooLong => "the answer is too long".into(),
            Failure::Extension => "the server chose an extension that was not offered".into(),
        };
        Self::Handshake { peer: endpoint.to_string(), reason }
    }
}
