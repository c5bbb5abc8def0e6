//! The router on real sockets. `router_tls` asks the same of it behind TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asking;
mod ending;
mod full_queues;
mod join;
mod misuse;
mod peer;
#[path = "../peers/mod.rs"]
mod peers;
mod pressure;
mod routing;

/// Whether everything goes over TLS.
const SECURE: bool = false;
