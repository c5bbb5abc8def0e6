//! The router's transports beside plain WebSocket: RawSocket, over TCP, TLS and Unix sockets, and several at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod crossing;
mod dead;
mod hostile;
mod http;
mod lengths;
mod raw;
mod unix;
