//! The router's transports beside plain WebSocket: RawSocket, over TCP, TLS and Unix sockets, and several at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crossing;
mod crowded;
mod dead;
mod hostile;
mod http;
mod lengths;
#[path = "../peers/mod.rs"]
mod peers;
mod raw;
mod unix;

/// Whether RawSocket goes over TLS; `router_tls` asks the same of it there.
const SECURE: bool = false;
