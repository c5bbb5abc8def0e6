//! Who may join: each authentication method, the router's side and the client's.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../realm_harness/mod.rs"]
mod realm_harness;

mod asked;
mod cookie;
mod cryptosign;
mod door;
mod order;
mod scram;
mod ticket;
