//! The client machine on a virtual clock, against a router that says whatever a test wants. Names that begin with a
//! row, for example `l24_`, are the rows of Loowy's behavioural reference.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod challenge;
mod connect;
mod harness;
mod invocations;
mod leave;
mod model;
mod queue;
mod reconnect;
mod renewal;
mod requests;
#[path = "../support/sequences.rs"]
mod sequences;
mod timeouts;
mod told;
mod violations;
