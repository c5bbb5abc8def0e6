//! Routers of several listeners, and clients that speak RawSocket with them.

use wamp_net::router::{Level, Limits, Log, Router, RouterConfig};
use wamp_proto::{Dict, Message};

#[allow(unused_imports, reason = "the tests of TLS need less")]
pub(crate) use crate::peers::{CERTIFICATE, Folder, Line, MESSAGE, PING, PONG, frame, in_time, line, stop};
use crate::{SECURE, peers};

pub(crate) type Peer = peers::Peer<peers::RawSocket>;

pub(crate) fn config(urls: &[&str], limits: Limits) -> RouterConfig {
    let listen = urls.iter().map(|url| (*url).to_owned()).collect();
    let (tls, log) = (Some(CERTIFICATE.clone()), Log::new(Level::Warning, |_, _| {}));
    RouterConfig { listen, limits, tls, log, ..RouterConfig::new("", &["realm1"]) }
}

pub(crate) fn router(urls: &[&str], limits: Limits) -> Router {
    Router::start(config(urls, limits)).unwrap()
}

/// Where a router listens for RawSocket: on TCP, or on TLS where everything is asked over that.
pub(crate) const ADDRESS: &str = if SECURE { "tls://127.0.0.1:0" } else { "tcp://127.0.0.1:0" };

pub(crate) fn raw_router(limits: Limits) -> Router {
    router(&[ADDRESS], limits)
}

pub(crate) fn hello() -> Message {
    peers::hello("realm1", Dict::new())
}
