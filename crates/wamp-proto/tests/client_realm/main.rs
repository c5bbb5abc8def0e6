//! Clients and a realm of this crate, together on one virtual clock: whatever one side says, the other accepts.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod joining;
mod pubsub;
mod random;
mod reconnect;
mod rpc;
#[path = "../client_machine/told.rs"]
mod told;
mod world;
