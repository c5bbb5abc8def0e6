//! The router behind TLS: everything that `router_server` and `router_transports` ask of it without, and what TLS brings
//! along.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../router_server/asking.rs"]
mod asking;
mod binding;
#[path = "../router_server/ending.rs"]
mod ending;
#[path = "../router_server/join.rs"]
mod join;
#[path = "../router_server/misuse.rs"]
mod misuse;
#[path = "../router_server/peer.rs"]
mod peer;
#[path = "../peers/mod.rs"]
mod peers;
#[path = "../router_server/pressure.rs"]
mod pressure;
#[path = "../router_transports/raw.rs"]
mod raw;
#[path = "../router_transports/hostile.rs"]
mod raw_hostile;
#[path = "../router_transports/lengths.rs"]
mod raw_lengths;
mod records;
#[path = "../router_server/routing.rs"]
mod routing;
mod strangers;

/// Whether everything goes over TLS.
const SECURE: bool = true;
