//! WAMP-SCRAM: challenge and response over a salted password, of which the router stores no more than what proves
//! itself and checks the client (specification: Salted Challenge Response Authentication; RFC 5802, RFC 7677).
//!
//! Autobahn|Python and Crossbar.io speak an earlier draft under the name `scram`: see [`Dialect`].

mod exchange;
mod login;
mod router;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytestring::ByteString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::kdf::{Kdf, KdfError};
use super::users::{Credentials, Users};
use super::wampcra::hmac_sha256;

pub use login::{AnswerError, Login, Proof};
pub(crate) use router::{Attempt, Opening};

/// The method's name on the wire.
pub const METHOD: &str = "wamp-scram";
/// What the draft is called.
pub const DRAFT_METHOD: &str = "scram";

/// The users by authid.
pub type Table = Users<User>;

/// The shortest salt that Argon2 takes, in bytes.
const SALT: usize = 16;

/// Which text is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The specification, as `wamp-scram`.
    Specification,
    /// The draft, as `scram`: Argon2 is called `argon2id-13`, its hash is used as the Base64 text that it is printed
    /// as; what is signed has no `n,,` of RFC 5802 in it; the router proves itself by `scram_server_signature`.
    Draft,
}

impl Dialect {
    /// The method's name on the wire.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Specification => METHOD,
            Self::Draft => DRAFT_METHOD,
        }
    }

    /// The dialect of that name.
    #[must_use]
    pub fn of(method: &str) -> Option<Self> {
        [Self::Specification, Self::Draft].into_iter().find(|dialect| dialect.method() == method)
    }

    const fn kdf(self, kdf: Kdf) -> &'static str {
        match (self, kdf) {
            (Self::Draft, Kdf::Argon2id13 { .. }) => "argon2id-13",
            (_, kdf) => kdf.name(),
        }
    }

    const fn verifier(self) -> &'static str {
        match self {
            Self::Specification => "verifier",
            Self::Draft => "scram_server_signature",
        }
    }

    /// `SaltedPassword`, as the dialect understands it.
    fn salted(self, kdf: Kdf, key: [u8; 32]) -> Vec<u8> {
        match (self, kdf) {
            (Self::Draft, Kdf::Argon2id13 { .. }) => STANDARD_NO_PAD.encode(key).into_bytes(),
            _ => key.to_vec(),
        }
    }
}

/// `StoredKey` and `ServerKey`: who steals them can check guesses of the password, and pretend to be the router.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// The hash of the key that the client proves to have.
    pub stored: [u8; 32],
    /// The key that the router proves to have.
    pub server: [u8; 32],
}

impl Keys {
    fn of(salted: &[u8]) -> Self {
        let client = hmac_sha256(salted, b"Client Key");
        Self { stored: Sha256::digest(client).into(), server: hmac_sha256(salted, b"Server Key") }
    }

    fn check(&self, message: &[u8], proof: &[u8; 32]) -> bool {
        let mut client = hmac_sha256(&self.stored, message);
        client.iter_mut().zip(proof).for_each(|(byte, other)| *byte ^= other);
        Sha256::digest(client).ct_eq(&self.stored).into()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// One user, as the router knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The role that the user gets.
    pub role: ByteString,
    /// How the keys were derived from the password.
    pub kdf: Kdf,
    /// The user's own salt.
    pub salt: Vec<u8>,
    /// The keys; without them the user cannot join by the specification's dialect.
    pub keys: Option<Keys>,
    /// The keys of the draft, where they are others.
    pub draft_keys: Option<Keys>,
}

impl User {
    /// The user of a password, for both dialects.
    ///
    /// # Errors
    /// [`KdfError`], see [`Kdf::derive`].
    pub fn of_password(role: ByteString, password: &str, kdf: Kdf, salt: Vec<u8>) -> Result<Self, KdfError> {
        let key = kdf.derive(normalized(password).as_bytes(), &salt)?;
        let keys = |dialect: Dialect| Some(Keys::of(&dialect.salted(kdf, key)));
        Ok(Self { role, kdf, salt, keys: keys(Dialect::Specification), draft_keys: keys(Dialect::Draft) })
    }

    const fn keys(&self, dialect: Dialect) -> Option<&Keys> {
        match dialect {
            Dialect::Specification => self.keys.as_ref(),
            Dialect::Draft => self.draft_keys.as_ref(),
        }
    }
}

impl Credentials for User {
    fn secret(&self) -> &[u8] {
        self.keys.as_ref().or(self.draft_keys.as_ref()).map_or(&[], |keys| &keys.server)
    }

    /// The function with its parameters, and the salt's length.
    type Shape = (&'static str, u32, Option<u32>, usize);

    fn shape(&self) -> Self::Shape {
        (self.kdf.name(), self.kdf.iterations(), self.kdf.memory(), self.salt.len())
    }

    fn decoy(model: Option<&Self>, random: [u8; 32]) -> Self {
        let length = model.map_or(SALT, |model| model.salt.len());
        let salt = random.iter().chain(random.iter().map(|_| &0)).take(length).copied();
        let mut salt: Vec<u8> = salt.collect();
        salt.iter_mut().enumerate().skip(32).for_each(|(n, byte)| *byte = random[n % 32] ^ n as u8);
        let keys = Some(Keys { stored: hmac_sha256(&random, b"stored"), server: hmac_sha256(&random, b"server") });
        let kdf = model.map_or(Kdf::DEFAULT, |model| model.kdf);
        Self { role: ByteString::new(), kdf, salt, draft_keys: keys.clone(), keys }
    }
}

/// The salt of a user who was given none: as long as the key is the same, it is, so that it tells no more than that of
/// somebody who does not exist.
#[must_use]
pub fn salt_of(authid: &str, key: &[u8; 32]) -> Vec<u8> {
    let key = hmac_sha256(key, b"salt");
    hmac_sha256(&key, normalized(authid).as_bytes())[..SALT].to_vec()
}

/// SASLprep (RFC 4013). What it forbids is taken as it is, on both sides: a password with a control character in it is
/// a bad idea, but not a reason to fail.
#[must_use]
pub fn normalized(text: &str) -> std::borrow::Cow<'_, str> {
    stringprep::saslprep(text).unwrap_or(std::borrow::Cow::Borrowed(text))
}

/// The bytes of a salt, as CHALLENGE and configurations write it.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The bytes of a key or a proof: 32 in Base64.
#[must_use]
pub fn decode_key(text: &str) -> Option<[u8; 32]> {
    decode_base64(text)?.try_into().ok()
}
