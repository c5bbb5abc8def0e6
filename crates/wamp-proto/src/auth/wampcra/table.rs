//! The router's users, and one attempt of one of them (or of nobody).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;

use super::{METHOD, Salting, verify};
use crate::auth::STATIC;
use crate::auth::users::{Credentials, Users};
use crate::message::Challenge;
use crate::timestamp::iso8601;
use crate::{Dict, Entropy, Id};

/// One user, as the router knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The role that the user gets.
    pub role: ByteString,
    /// The shared secret; with salting it is the derived key ([`super::derive_key`]), never the password.
    pub secret: String,
    /// How the key was derived, for the client to do the same.
    pub salting: Option<Salting>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("role", &self.role).finish_non_exhaustive()
    }
}

/// The users by authid.
pub type Table = Users<User>;

impl Credentials for User {
    fn secret(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The role, and the salt's length with the iterations and the length of the key.
    type Shape = (ByteString, Option<(usize, u32, u32)>);

    fn shape(&self) -> Self::Shape {
        let salting = self.salting.as_ref();
        let salting = salting.map(|salting| (salting.salt.chars().count(), salting.iterations, salting.keylen));
        (self.role.clone(), salting)
    }

    fn decoy(model: Option<&Self>, random: [u8; 32]) -> Self {
        let salting = model.and_then(|model| model.salting.as_ref());
        Self {
            role: model.map(|model| model.role.clone()).unwrap_or_default(),
            secret: URL_SAFE_NO_PAD.encode(random),
            salting: salting.map(|like| Salting { salt: scramble(&like.salt, random), ..like.clone() }),
        }
    }
}

/// Another salt of the same length and the same characters.
fn scramble(salt: &str, random: [u8; 32]) -> String {
    let characters: Vec<char> = salt.chars().collect();
    let pick = |n: usize| characters[usize::from(random[n % 32] ^ (n / 32) as u8) % characters.len()];
    (0..characters.len()).map(pick).collect()
}

/// One challenge that was sent, until its answer.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) user: User,
    challenge: String,
}

impl Attempt {
    /// A new challenge, which no other attempt shares.
    pub(crate) fn new(user: User, who: Who<'_>, at: SystemTime, entropy: &mut dyn Entropy) -> Self {
        let mut challenge = serde_json::json!({
            "authid": who.authid,
            "authmethod": METHOD,
            "authprovider": who.provider,
            "nonce": nonce(entropy),
            "timestamp": iso8601(at),
            "session": who.session.get(),
        });
        // Without a table, nobody knows which role one who does not exist would have.
        if !user.role.is_empty() && STATIC == who.provider {
            challenge["authrole"] = (&*user.role).into();
        }
        Self { user, challenge: challenge.to_string() }
    }

    pub(crate) fn message(&self) -> Challenge {
        let mut extra = Dict::new().with("challenge", self.challenge.as_str());
        if let Some(salting) = &self.user.salting {
            extra.insert("salt", salting.salt.as_str());
            extra.insert("iterations", u64::from(salting.iterations));
            extra.insert("keylen", u64::from(salting.keylen));
        }
        Challenge { method: METHOD.into(), extra }
    }

    /// Whether the answer is right.
    pub(crate) fn check(&self, answer: &str) -> bool {
        verify(&self.user.secret, &self.challenge, answer)
    }
}

/// Whom a challenge is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    pub(crate) authid: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) session: Id,
}

fn nonce(entropy: &mut dyn Entropy) -> String {
    let words = [entropy.next_u64(), entropy.next_u64(), entropy.next_u64()];
    URL_SAFE_NO_PAD.encode(words.map(u64::to_le_bytes).as_flattened())
}
