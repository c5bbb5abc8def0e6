//! Comparing in a time that tells nothing about what is compared with.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Whether both are the same. Their hashes are compared, so that not even the length of the secret one shows.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}
