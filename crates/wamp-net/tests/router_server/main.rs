//! The router on real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ending;
mod join;
mod misuse;
mod peer;
mod pressure;
mod routing;
