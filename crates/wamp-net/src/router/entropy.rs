//! Random numbers for ids.

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use wamp_proto::Entropy;

/// A cryptographically secure generator, seeded by the system.
pub(super) struct Random(StdRng);

impl Random {
    pub(super) fn new() -> Self {
        Self(StdRng::from_os_rng())
    }
}

impl Entropy for Random {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
