//! The client's side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::compare::same;
use super::super::kdf::{Kdf, KdfError};
use super::exchange::Exchange;
use super::{Dialect, Keys, normalized};
use crate::auth::wampcra::hmac_sha256;
use crate::{Dict, Entropy};

/// The fewest iterations of PBKDF2 that a client should accept: a router that asks for fewer is after a hash that is
/// easy to guess the password of.
const MIN_ITERATIONS: u32 = 4096;

/// One attempt to log in, from before HELLO. Its nonce goes into HELLO, its answer into AUTHENTICATE.
#[derive(Clone, Debug)]
pub struct Login {
    authid: String,
    nonce: String,
}

/// What goes into AUTHENTICATE, and what has to come in WELCOME.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// AUTHENTICATE's signature.
    pub signature: String,
    /// The nonce for AUTHENTICATE's extra.
    pub nonce: String,
    /// The channel's bytes as `cbind_data` of AUTHENTICATE's extra, where the login is bound to it.
    pub cbind_data: Option<String>,
    /// The router's signature that has to come in WELCOME, in Base64.
    pub verifier: String,
}

/// Why a challenge cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The challenge lacks what it needs, or holds something else there.
    #[error("the challenge's {0} is missing or of the wrong type")]
    Invalid(&'static str),
    /// The challenge is not an answer to this HELLO.
    #[error("the challenge's nonce does not begin with ours")]
    Nonce,
    /// The router asks for less work than is safe.
    #[error("the challenge's key derivation is too weak")]
    TooWeak,
    /// The key cannot be derived.
    #[error("{0}")]
    Kdf(#[from] KdfError),
}

impl Login {
    /// An attempt of that authid, which is normalized as the specification asks for.
    pub fn new(authid: &str, entropy: &mut dyn Entropy) -> Self {
        let random = [entropy.next_u64(), entropy.next_u64()].map(u64::to_le_bytes);
        Self::with_nonce(authid, &STANDARD.encode(random.as_flattened()))
    }

    /// The attempt of that nonce.
    #[must_use]
    pub fn with_nonce(authid: &str, nonce: &str) -> Self {
        Self { authid: normalized(authid).into_owned(), nonce: nonce.to_owned() }
    }

    /// HELLO's `authid`.
    #[must_use]
    pub fn authid(&self) -> &str {
        &self.authid
    }

    /// The nonce for HELLO's `authextra`.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The answer to CHALLENGE's extra. The dialect follows from the challenge's method.
    ///
    /// # Errors
    /// [`AnswerError`] when the challenge is not as the specification says, or not worth an answer.
    pub fn answer(&self, dialect: Dialect, password: &str, extra: &Dict) -> Result<Proof, AnswerError> {
        self.answer_bound(dialect, password, extra, None)
    }

    /// The same, bound to the TLS channel with these bytes, as HELLO asked for.
    ///
    /// # Errors
    /// As [`Login::answer`].
    pub fn answer_bound(
        &self,
        dialect: Dialect,
        password: &str,
        extra: &Dict,
        binding: Option<[u8; 32]>,
    ) -> Result<Proof, AnswerError> {
        let text = |key| extra.str(key).ok_or(AnswerError::Invalid(key));
        let (nonce, salt) = (text("nonce")?, text("salt")?);
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(AnswerError::Nonce);
        }
        let kdf = Kdf::read(text("kdf")?, extra).ok_or(AnswerError::Invalid("kdf"))?;
        if matches!(kdf, Kdf::Pbkdf2 { iterations } if iterations < MIN_ITERATIONS) {
            return Err(AnswerError::TooWeak);
        }
        let key = STANDARD.decode(&**salt).map_err(|_| AnswerError::Invalid("salt"))?;
        let salted = dialect.salted(kdf, kdf.derive(normalized(password).as_bytes(), &key)?);
        let exchange = Exchange {
            dialect,
            authid: self.authid.clone(),
            client_nonce: self.nonce.clone(),
            nonce: nonce.to_string(),
            salt: salt.to_string(),
            iterations: kdf.iterations(),
            binding,
        };
        Ok(Proof::new(&salted, &exchange))
    }
}

impl Proof {
    fn new(salted: &[u8], exchange: &Exchange) -> Self {
        let (keys, message) = (Keys::of(salted), exchange.message());
        let mut proof = hmac_sha256(salted, b"Client Key");
        let signature = hmac_sha256(&keys.stored, message.as_bytes());
        proof.iter_mut().zip(signature).for_each(|(byte, other)| *byte ^= other);
        let verifier = STANDARD.encode(hmac_sha256(&keys.server, message.as_bytes()));
        let cbind_data = exchange.binding.map(|data| STANDARD.encode(data));
        Self { signature: STANDARD.encode(proof), nonce: exchange.nonce.clone(), cbind_data, verifier }
    }

    /// Whether WELCOME's `authextra` proves that the router knows the password's keys, too.
    #[must_use]
    pub fn is_verified_by(&self, authextra: &Dict) -> bool {
        let given = [Dialect::Specification, Dialect::Draft].into_iter().find_map(|d| authextra.str(d.verifier()));
        // The specification's example has the `v=` of RFC 5802 in front, its text has not.
        let given = given.map(|text| text.strip_prefix("v=").unwrap_or(text));
        given.is_some_and(|given| same(given.as_bytes(), self.verifier.as_bytes()))
    }
}
