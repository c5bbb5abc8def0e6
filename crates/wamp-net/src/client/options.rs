//! What a client may choose about its connections.

use std::time::Duration;

pub use crate::transport::tls::TlsOptions;

/// Options of a client's connections, as opposed to its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetOptions {
    /// The largest message to accept, in bytes; a larger one ends the connection. Default: 16 MiB.
    pub max_message_size: usize,
    /// For all of finding the host, connecting, securing and upgrading a connection. Default: 10 seconds.
    pub connect_timeout: Duration,
    /// Pings the router in this interval (RFC 6455, section 5.5.2), so that a dead connection is noticed. Default:
    /// off, the router's pings are answered in any case.
    pub ping_interval: Option<Duration>,
    /// How long the answer to a ping may take before the connection counts as lost. Default: 10 seconds.
    pub ping_timeout: Duration,
    /// How `wss` connections are secured.
    pub tls: TlsOptions,
    /// Headers to add to the HTTP request that opens a connection.
    pub headers: Vec<(String, String)>,
}

impl Default for NetOptions {
    fn default() -> Self {
        Self {
            max_message_size: 16 << 20,
            connect_timeout: Duration::from_secs(10),
            ping_interval: None,
            ping_timeout: Duration::from_secs(10),
            tls: TlsOptions::default(),
            headers: Vec::new(),
        }
    }
}
