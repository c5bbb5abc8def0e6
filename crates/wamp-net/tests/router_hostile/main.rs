//! Peers that break the rules, as `docs/faults.md` lists them: each gets the answer that is specified, and honest clients
//! that are at work meanwhile notice nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../peers/mod.rs"]
mod peers;

mod answers;
mod frames;
mod memory;
mod noise;
mod stage;
mod witness;

mod before_hello;
mod codes;
mod dead;
mod encodings;
mod floods;
mod foreign_invocations;
mod garbage;
mod goodbyes;
mod half_frames;
mod hoards;
mod http;
mod joins_and_leaves;
mod nesting;
mod out_of_range;
mod replays;
mod sleepers;
mod slow_bytes;
mod wrong_types;
