//! The router that is asked, over TLS or not, and its clients.

use wamp_net::router::{Level, Limits, Log, Router, RouterConfig};

#[allow(unused_imports, reason = "the tests of TLS need all of it")]
pub(crate) use crate::peers::{CERTIFICATE, Line, hello, id, in_time, line, stop, tcp, trust, trusting};
use crate::{SECURE, peers};

pub(crate) type Peer = peers::Peer<peers::WebSocket>;

/// An address of which the system chooses the port.
pub(crate) fn fresh(path: &str) -> String {
    format!("{}://127.0.0.1:0{path}", if SECURE { "wss" } else { "ws" })
}

pub(crate) fn config(url: &str) -> RouterConfig {
    let log = Log::new(Level::Warning, |_, _| {});
    RouterConfig { tls: Some(CERTIFICATE.clone()), log, ..RouterConfig::new(url, &["realm1"]) }
}

pub(crate) fn router(limits: Limits) -> Router {
    Router::start(RouterConfig { limits, ..config(&fresh("/ws")) }).unwrap()
}
