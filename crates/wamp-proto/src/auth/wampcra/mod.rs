//! WAMP-CRA: challenge and response over a shared secret (specification: Challenge Response Authentication).
//!
//! The client signs with [`sign`]; the router holds a [`Table`] of users. Neither the secret nor anything it could be
//! computed from travels.

mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{Dict, Value};

pub(crate) use table::{Attempt, Who};
pub use table::{Table, User};

/// The method's name on the wire.
pub const METHOD: &str = "wampcra";

/// Blocks times iterations that a salted challenge may cost: some seconds of one core.
const MAX_DERIVATION: u64 = 10_000_000;

/// Bytes of a derived key; a router could fill the client's memory otherwise. More than 64 are hashed anyway.
const MAX_KEYLEN: u32 = 1 << 10;

/// How a key was derived from a password (PBKDF2 with HMAC-SHA256; specification: Password Salting).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salting {
    /// The salt, as its bytes stand in the challenge.
    pub salt: String,
    /// How often the hash is iterated.
    pub iterations: u32,
    /// The length of the derived key in bytes, before Base64.
    pub keylen: u32,
}

impl Salting {
    /// What the specification's examples use, and what is meant where a challenge is silent.
    pub const DEFAULT_ITERATIONS: u32 = 1000;
    /// The length of a SHA-256 hash.
    pub const DEFAULT_KEYLEN: u32 = 32;

    fn read(extra: &Dict) -> Result<Option<Self>, SignError> {
        let Some(salt) = extra.get("salt") else { return Ok(None) };
        let Value::Str(salt) = salt else { return Err(SignError::Invalid("salt")) };
        let number = |key, default| match extra.get(key) {
            None => Ok(default),
            Some(n) => n.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).ok_or(SignError::Invalid(key)),
        };
        let iterations = number("iterations", Self::DEFAULT_ITERATIONS)?;
        let keylen = number("keylen", Self::DEFAULT_KEYLEN)?;
        Ok(Some(Self { salt: salt.to_string(), iterations, keylen }))
    }

    fn cost(&self) -> u64 {
        u64::from(self.iterations) * u64::from(self.keylen.div_ceil(32))
    }

    /// Whether a key is derived that way.
    ///
    /// # Errors
    /// [`SignError::TooExpensive`] for more than some seconds of work, or a key of more than 1024 bytes.
    pub fn check(&self) -> Result<(), SignError> {
        let fits = self.cost() <= MAX_DERIVATION && self.keylen <= MAX_KEYLEN;
        if fits { Ok(()) } else { Err(SignError::TooExpensive) }
    }
}

/// Why a challenge cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The challenge lacks what it needs, or holds something else there.
    #[error("the challenge's {0} is missing or of the wrong type")]
    Invalid(&'static str),
    /// The salting would take too long or too much memory; a router could keep the client busy that way.
    #[error("the challenge's salting is too expensive")]
    TooExpensive,
}

/// The answer to a challenge: CHALLENGE's `Extra`, signed with the secret that client and router share, in Base64. If
/// the challenge has a salt, the secret is the password and its derived key signs.
///
/// # Errors
/// [`SignError`] when the challenge is not as the specification says.
pub fn sign(secret: &str, extra: &Dict) -> Result<String, SignError> {
    let challenge = extra.str("challenge").ok_or(SignError::Invalid("challenge"))?;
    match Salting::read(extra)? {
        None => Ok(signature(secret.as_bytes(), challenge)),
        Some(salting) => Ok(signature(derive_key(secret, &salting)?.as_bytes(), challenge)),
    }
}

/// The key that stands for a password once it is salted, in Base64: this is what a router stores.
///
/// # Errors
/// As [`Salting::check`].
pub fn derive_key(password: &str, salting: &Salting) -> Result<String, SignError> {
    salting.check()?;
    let mut key = vec![0; salting.keylen as usize];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salting.salt.as_bytes(), salting.iterations, &mut key);
    Ok(STANDARD.encode(key))
}

/// Whether the signature is right; how long that takes does not depend on where it is wrong.
#[must_use]
pub fn verify(secret: &str, challenge: &str, answer: &str) -> bool {
    signature(secret.as_bytes(), challenge).as_bytes().ct_eq(answer.as_bytes()).into()
}

fn signature(key: &[u8], challenge: &str) -> String {
    STANDARD.encode(hmac_sha256(key, challenge.as_bytes()))
}

/// HMAC-SHA256 (RFC 2104).
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    // A key of any length will do; the error is of the trait, for ciphers with a fixed one.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}
