//! WAMP clients of few lines for the tests of the router: on WebSocket or RawSocket, over whatever carries it.
#![allow(dead_code, unused_imports, reason = "no test needs all of it")]

mod certificate;
mod folder;
mod line;
mod peer;
mod raw_socket;
mod web_socket;
mod wire;

use std::time::Duration;

use wamp_net::router::Router;

pub(crate) use certificate::{CERTIFICATE, trust, trusting};
pub(crate) use folder::Folder;
pub(crate) use line::{Io, Line, line, tcp};
pub(crate) use peer::{Peer, hello, id};
pub(crate) use raw_socket::{MESSAGE, PING, PONG, RawSocket, frame};
pub(crate) use web_socket::WebSocket;
pub(crate) use wire::{Either, Wire};

/// No step of a test takes longer; when one does, the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, step).await.expect("in time")
}

pub(crate) async fn stop(router: Router) {
    tokio::task::spawn_blocking(move || router.stop()).await.unwrap();
}
