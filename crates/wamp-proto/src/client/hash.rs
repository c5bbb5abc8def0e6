//! Hashing of ids and numbers.

use std::hash::{BuildHasherDefault, Hasher};

/// For maps whose keys are ids: one multiplication instead of SipHash. The keys are numbers of our own, or ids that
/// a router gave to requests of our own, so nobody outside can fill a map at will.
pub(super) type ById = BuildHasherDefault<IdHasher>;

#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, n: u64) {
        // The high half of the product depends on every bit of n; the table looks at both ends.
        let product = (self.0 ^ n).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }
}
