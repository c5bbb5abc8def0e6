//! One user of each method, as tables, files and callbacks describe him.

use std::fmt;
use std::sync::LazyLock;

use bytestring::ByteString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wamp_proto::auth::{Answer, Kdf, cryptosign, scram, ticket, wampcra};

use super::super::one_or_more::one_or_more;
use crate::options::Positive;

/// What users are made of who do not exist, and salts of those who were given none, as long as the process lives.
pub(super) static UNKNOWN: LazyLock<[u8; 32]> = LazyLock::new(rand::random);

/// The user of a method.
pub(super) trait Credential: DeserializeOwned + Send + Sync + 'static {
    /// What the method knows of him.
    type User: wamp_proto::auth::Credentials;
    /// The option that names such users.
    const OPTION: &str;
    /// Whether callbacks may check answers, instead of telling what the right one is.
    const MAY_BE_JUDGED: bool = false;
    /// Whether callbacks make the challenge then.
    const NEEDS_CHALLENGE: bool = false;

    /// What options say about those who do not exist.
    type Decoy: DeserializeOwned + fmt::Debug;

    /// The user of that authid.
    ///
    /// # Errors
    /// What is wrong, and in which field of it.
    fn user(&self, authid: &str) -> Result<Self::User, String>;

    /// Whether it takes so long to make the user that the program's thread should not wait.
    ///
    /// # Errors
    /// What is wrong then, and in which field of it.
    fn takes_time(&self, _authid: &str) -> Result<bool, String> {
        Ok(false)
    }

    /// A callback's answer that says this.
    fn answer(&self, asked_for: &str) -> Result<Answer, String>;

    /// Whom those look like who do not exist, and what they are made of, if that is said.
    ///
    /// # Errors
    /// What is wrong, and in which field of it.
    fn model(decoy: &Self::Decoy) -> Result<(Option<Self::User>, Option<&str>), String>;
}

/// Of a method whose challenges look the same for everybody.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "nothing, for the challenges of this method look the same for all")]
pub(super) enum Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with salt")]
pub(super) struct LikeWampCra {
    secret: Option<String>,
    salt: Option<String>,
    iterations: Option<Positive>,
    keylen: Option<Positive>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with salt")]
pub(super) struct LikeScram {
    secret: Option<String>,
    #[serde(default)]
    kdf: KdfName,
    iterations: Option<Positive>,
    memory: Option<Positive>,
    salt: Option<String>,
}

impl fmt::Debug for LikeWampCra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LikeWampCra").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

impl fmt::Debug for LikeScram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LikeScram").field("kdf", &self.kdf).finish_non_exhaustive()
    }
}

/// Secrets are not for logs.
macro_rules! secretive {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("authrole", &self.authrole).finish_non_exhaustive()
            }
        })*
    };
}
secretive!(OfTicket, OfWampCra, OfScram, OfCryptosign);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole and secret")]
pub(super) struct OfTicket {
    /// For callbacks: who it is, if not who the client says.
    authid: Option<String>,
    authrole: String,
    secret: String,
}

impl Credential for OfTicket {
    type User = ticket::User;
    const OPTION: &str = "ticket";
    const MAY_BE_JUDGED: bool = true;
    type Decoy = Nothing;

    fn user(&self, _authid: &str) -> Result<ticket::User, String> {
        Ok(ticket::User { role: self.authrole.as_str().into(), ticket: self.secret.clone() })
    }

    fn answer(&self, asked_for: &str) -> Result<Answer, String> {
        Ok(Answer::Ticket(named(self.authid.as_ref()), self.user(asked_for)?))
    }

    fn model(_decoy: &Nothing) -> Result<(Option<ticket::User>, Option<&str>), String> {
        Ok((None, None))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole and secret")]
pub(super) struct OfWampCra {
    authid: Option<String>,
    authrole: String,
    /// With a salt, the password.
    secret: String,
    salt: Option<String>,
    iterations: Option<Positive>,
    keylen: Option<Positive>,
}

impl OfWampCra {
    fn salting(&self) -> Option<wampcra::Salting> {
        self.salt.clone().map(|salt| salting(salt, self.iterations, self.keylen))
    }
}

impl Credential for OfWampCra {
    type User = wampcra::User;
    const OPTION: &str = "wampCRA";
    const MAY_BE_JUDGED: bool = true;
    const NEEDS_CHALLENGE: bool = true;
    type Decoy = LikeWampCra;

    fn user(&self, _authid: &str) -> Result<wampcra::User, String> {
        let role = self.authrole.as_str().into();
        let Some(salting) = self.salting() else {
            return Ok(wampcra::User { role, secret: self.secret.clone(), salting: None });
        };
        let secret = wampcra::derive_key(&self.secret, &salting).map_err(|error| error.to_string())?;
        Ok(wampcra::User { role, secret, salting: Some(salting) })
    }

    fn takes_time(&self, _authid: &str) -> Result<bool, String> {
        let checked = self.salting().map(|salting| salting.check()).transpose();
        checked.map(|salted| salted.is_some()).map_err(|error| error.to_string())
    }

    fn answer(&self, asked_for: &str) -> Result<Answer, String> {
        Ok(Answer::WampCra(named(self.authid.as_ref()), self.user(asked_for)?))
    }

    fn model(decoy: &LikeWampCra) -> Result<(Option<wampcra::User>, Option<&str>), String> {
        let LikeWampCra { secret, salt, iterations, keylen } = decoy;
        let salting = salt.clone().map(|salt| salting(salt, *iterations, *keylen));
        let model = wampcra::User { role: ByteString::new(), secret: String::new(), salting };
        Ok((Some(model), secret.as_deref()))
    }
}

fn salting(salt: String, iterations: Option<Positive>, keylen: Option<Positive>) -> wampcra::Salting {
    wampcra::Salting {
        salt,
        iterations: iterations.map_or(wampcra::Salting::DEFAULT_ITERATIONS, |Positive(count)| count),
        keylen: keylen.map_or(wampcra::Salting::DEFAULT_KEYLEN, |Positive(length)| length),
    }
}

/// With the password, or with what `scram_keys` makes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with authrole and secret")]
pub(super) struct OfScram {
    authid: Option<String>,
    authrole: String,
    secret: Option<String>,
    stored_key: Option<String>,
    server_key: Option<String>,
    #[serde(default)]
    kdf: KdfName,
    iterations: Option<Positive>,
    /// In kibibytes.
    memory: Option<Positive>,
    /// In Base64; a random one for a password without it.
    salt: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(expecting = "'argon2id13' or 'pbkdf2'")]
enum KdfName {
    #[default]
    #[serde(rename = "argon2id13")]
    Argon2id13,
    /// Of the draft: its keys are others.
    #[serde(rename = "argon2id-13")]
    Draft,
    #[serde(rename = "pbkdf2")]
    Pbkdf2,
}

impl KdfName {
    fn with(self, iterations: Option<Positive>, memory: Option<Positive>) -> Kdf {
        let defaults = match self {
            Self::Pbkdf2 => Kdf::DEFAULT_PBKDF2,
            Self::Argon2id13 | Self::Draft => Kdf::DEFAULT,
        };
        let or = |given: Option<Positive>, default| given.map_or(default, |Positive(number)| number);
        match defaults {
            Kdf::Pbkdf2 { iterations: default } => Kdf::Pbkdf2 { iterations: or(iterations, default) },
            Kdf::Argon2id13 { iterations: passes, memory: size } => {
                Kdf::Argon2id13 { iterations: or(iterations, passes), memory: or(memory, size) }
            }
        }
    }
}

fn salt(text: Option<&String>) -> Result<Option<Vec<u8>>, String> {
    let decoded = text.map(|salt| scram::decode_base64(salt).ok_or("its salt is not Base64"));
    decoded.transpose().map_err(str::to_owned)
}

impl OfScram {
    fn kdf(&self) -> Kdf {
        self.kdf.with(self.iterations, self.memory)
    }

    fn salt(&self) -> Result<Option<Vec<u8>>, String> {
        salt(self.salt.as_ref())
    }

    fn salt_for(&self, authid: &str) -> Result<Vec<u8>, String> {
        Ok(self.salt()?.unwrap_or_else(|| scram::salt_of(authid, &UNKNOWN)))
    }

    fn of_keys(&self, stored: &str, server: &str) -> Result<scram::User, String> {
        let key = |text| scram::decode_key(text).ok_or("its storedKey and serverKey are not 32 bytes in Base64 each");
        let keys = scram::Keys { stored: key(stored)?, server: key(server)? };
        let salt = self.salt()?.ok_or("its keys were made with a salt, which is missing")?;
        let (keys, draft_keys) = match self.kdf {
            KdfName::Draft => (None, Some(keys)),
            KdfName::Argon2id13 => (Some(keys), None),
            KdfName::Pbkdf2 => (Some(keys.clone()), Some(keys)),
        };
        Ok(scram::User { role: self.authrole.as_str().into(), kdf: self.kdf(), salt, keys, draft_keys })
    }
}

impl Credential for OfScram {
    type User = scram::User;
    const OPTION: &str = "wampSCRAM";
    type Decoy = LikeScram;

    fn user(&self, authid: &str) -> Result<scram::User, String> {
        match (&self.secret, &self.stored_key, &self.server_key) {
            (Some(secret), None, None) => {
                let salt = self.salt_for(authid)?;
                let user = scram::User::of_password(self.authrole.as_str().into(), secret, self.kdf(), salt);
                user.map_err(|error| error.to_string())
            }
            (None, Some(stored), Some(server)) => self.of_keys(stored, server),
            _ => Err("needs either its secret, or its storedKey and serverKey".to_owned()),
        }
    }

    fn takes_time(&self, authid: &str) -> Result<bool, String> {
        if self.secret.is_none() || self.stored_key.is_some() || self.server_key.is_some() {
            return Ok(false);
        }
        self.kdf().check(&self.salt_for(authid)?).map_err(|error| error.to_string())?;
        Ok(true)
    }

    fn answer(&self, asked_for: &str) -> Result<Answer, String> {
        Ok(Answer::Scram(named(self.authid.as_ref()), self.user(asked_for)?))
    }

    fn model(decoy: &LikeScram) -> Result<(Option<scram::User>, Option<&str>), String> {
        let kdf = decoy.kdf.with(decoy.iterations, decoy.memory);
        let salt = salt(decoy.salt.as_ref())?.unwrap_or_else(|| scram::salt_of("", &UNKNOWN));
        let model = scram::User { role: ByteString::new(), kdf, salt, keys: None, draft_keys: None };
        Ok((Some(model), decoy.secret.as_deref()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with authrole and authorizedKeys")]
pub(super) struct OfCryptosign {
    authid: Option<String>,
    authrole: String,
    #[serde(deserialize_with = "one_or_more")]
    authorized_keys: Vec<String>,
}

impl Credential for OfCryptosign {
    type User = cryptosign::User;
    const OPTION: &str = "cryptosign";
    type Decoy = Nothing;

    fn user(&self, _authid: &str) -> Result<cryptosign::User, String> {
        let wrong = || "its authorizedKeys are not keys of 64 hexadecimal digits".to_owned();
        let keys = self.authorized_keys.iter().map(|key| cryptosign::public_key(key).ok_or_else(wrong));
        Ok(cryptosign::User { role: self.authrole.as_str().into(), keys: keys.collect::<Result<_, _>>()? })
    }

    fn answer(&self, asked_for: &str) -> Result<Answer, String> {
        Ok(Answer::Cryptosign(named(self.authid.as_ref()), self.user(asked_for)?))
    }

    fn model(_decoy: &Nothing) -> Result<(Option<cryptosign::User>, Option<&str>), String> {
        Ok((None, None))
    }
}

fn named(authid: Option<&String>) -> Option<ByteString> {
    authid.map(|authid| authid.as_str().into())
}
