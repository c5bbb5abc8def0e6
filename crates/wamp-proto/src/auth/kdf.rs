//! Keys from passwords (specification: WAMP-SCRAM, Key Derivation Functions).

use argon2::{Algorithm, Argon2, Block, MAX_SALT_LEN, MIN_SALT_LEN, Params, Version};
use sha2::Sha256;

use crate::{Dict, Value};

/// How a password becomes 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kdf {
    /// PBKDF2 with HMAC-SHA256.
    Pbkdf2 {
        /// How often the hash is iterated.
        iterations: u32,
    },
    /// Argon2id, version 1.3, with one lane.
    Argon2id13 {
        /// How often the memory is passed over.
        iterations: u32,
        /// The memory in kibibytes, at least 8.
        memory: u32,
    },
}

/// Why a password does not become a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KdfError {
    /// The salt is too short or too long, or a parameter too small.
    #[error("the key derivation function does not take these parameters")]
    Parameters,
    /// It would take too long or too much memory; a router could keep the client busy that way.
    #[error("the key derivation is too expensive")]
    TooExpensive,
}

/// Iterations that may be asked for: some seconds of one core.
const MAX_ITERATIONS: u32 = 10_000_000;
/// Kibibytes that may be asked for.
const MAX_MEMORY: u32 = 1 << 20;
/// Kibibytes times iterations: some seconds of one core.
const MAX_WORK: u64 = 4 << 20;

impl Kdf {
    /// What is recommended where one may choose: Argon2id with 19 MiB and two passes.
    pub const DEFAULT: Self = Self::Argon2id13 { iterations: 2, memory: 19 << 10 };
    /// The least that RFC 7677 recommends.
    pub const DEFAULT_PBKDF2: Self = Self::Pbkdf2 { iterations: 4096 };

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbkdf2 { .. } => "pbkdf2",
            Self::Argon2id13 { .. } => "argon2id13",
        }
    }

    /// What CHALLENGE calls `iterations`.
    #[must_use]
    pub const fn iterations(self) -> u32 {
        match self {
            Self::Pbkdf2 { iterations } | Self::Argon2id13 { iterations, .. } => iterations,
        }
    }

    pub(super) const fn memory(self) -> Option<u32> {
        match self {
            Self::Pbkdf2 { .. } => None,
            Self::Argon2id13 { memory, .. } => Some(memory),
        }
    }

    /// That function with its parameters in a CHALLENGE, if they are there.
    pub(super) fn read(name: &str, extra: &Dict) -> Option<Self> {
        let number = |key| extra.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let iterations = number("iterations")?;
        match name {
            "pbkdf2" => Some(Self::Pbkdf2 { iterations }),
            "argon2id13" | "argon2id-13" => Some(Self::Argon2id13 { iterations, memory: number("memory")? }),
            _ => None,
        }
    }

    /// Whether a key can be derived with that salt.
    ///
    /// # Errors
    /// [`KdfError`] when the parameters make no sense, or ask for more than some seconds or a gibibyte.
    pub fn check(self, salt: &[u8]) -> Result<(), KdfError> {
        match self {
            Self::Pbkdf2 { iterations: 0 } => Err(KdfError::Parameters),
            Self::Pbkdf2 { iterations } if iterations > MAX_ITERATIONS => Err(KdfError::TooExpensive),
            Self::Pbkdf2 { .. } => Ok(()),
            Self::Argon2id13 { iterations, memory }
                if memory > MAX_MEMORY || u64::from(memory) * u64::from(iterations) > MAX_WORK =>
            {
                Err(KdfError::TooExpensive)
            }
            Self::Argon2id13 { .. } if !(MIN_SALT_LEN..=MAX_SALT_LEN).contains(&salt.len()) => {
                Err(KdfError::Parameters)
            }
            Self::Argon2id13 { iterations, memory } => params(iterations, memory).map(drop),
        }
    }

    /// The key of a password.
    ///
    /// # Errors
    /// As [`Kdf::check`].
    pub fn derive(self, password: &[u8], salt: &[u8]) -> Result<[u8; KEY], KdfError> {
        self.check(salt)?;
        let mut key = [0; KEY];
        match self {
            Self::Pbkdf2 { iterations } => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut key),
            Self::Argon2id13 { iterations, memory } => argon2id13(password, salt, iterations, memory, &mut key)?,
        }
        Ok(key)
    }
}

/// The length of the keys, in bytes.
const KEY: usize = 32;

fn params(iterations: u32, memory: u32) -> Result<Params, KdfError> {
    Params::new(memory, iterations, 1, Some(KEY)).map_err(|_| KdfError::Parameters)
}

fn argon2id13(password: &[u8], salt: &[u8], iterations: u32, memory: u32, key: &mut [u8]) -> Result<(), KdfError> {
    let params = params(iterations, memory)?;
    let mut blocks = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into_with_memory(password, salt, key, &mut blocks).map_err(|_| KdfError::Parameters)
}
