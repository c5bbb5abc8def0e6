//! Random numbers that nobody can guess, for ids and nonces.

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use wamp_proto::Entropy;

/// A cryptographically secure generator, seeded by the system.
pub struct Random(StdRng);

impl Random {
    /// One with a seed of its own.
    #[must_use]
    pub fn new() -> Self {
        Self(StdRng::from_os_rng())
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Random")
    }
}

impl Entropy for Random {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
