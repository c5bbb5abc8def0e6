//! The router's users, and one attempt of one of them (or of nobody).

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;

use super::{METHOD, Salting, hmac_sha256, verify};
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
#[derive(Clone, Debug, Default)]
pub struct Table {
    users: BTreeMap<ByteString, User>,
    /// Known to nobody who does not know all the secrets.
    decoy_key: [u8; 32],
}

impl Table {
    /// The provider's name in challenges and WELCOME.
    pub const PROVIDER: &str = "static";

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The user to challenge. For an authid that does not exist it is one that looks the same and that nobody can
    /// authenticate as: always the same one for that authid, so that asking twice tells nothing either. It is made
    /// up for those who exist as well, so that the time tells nothing.
    fn user(&self, authid: &str) -> User {
        let decoy = self.decoy(authid);
        self.users.get(authid).cloned().unwrap_or(decoy)
    }

    fn decoy(&self, authid: &str) -> User {
        let random = hmac_sha256(&self.decoy_key, authid.as_bytes());
        let index = usize::from(u16::from_le_bytes([random[0], random[1]])) % self.users.len().max(1);
        let Some(model) = self.users.values().nth(index) else {
            return User { role: ByteString::new(), secret: URL_SAFE_NO_PAD.encode(random), salting: None };
        };
        let salting = model.salting.as_ref().map(|like| Salting { salt: scramble(&like.salt, random), ..like.clone() });
        User { role: model.role.clone(), secret: URL_SAFE_NO_PAD.encode(random), salting }
    }
}

impl<K: Into<ByteString>> FromIterator<(K, User)> for Table {
    fn from_iter<T: IntoIterator<Item = (K, User)>>(users: T) -> Self {
        let users: BTreeMap<_, _> = users.into_iter().map(|(authid, user)| (authid.into(), user)).collect();
        let decoy_key = users.values().fold([0; 32], |key, user| hmac_sha256(&key, user.secret.as_bytes()));
        Self { users, decoy_key }
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
    pub(crate) authid: ByteString,
    user: User,
    challenge: String,
}

impl Attempt {
    /// A new challenge, which no other attempt shares.
    pub(crate) fn new(table: &Table, authid: &str, session: Id, at: SystemTime, entropy: &mut dyn Entropy) -> Self {
        let user = table.user(authid);
        let challenge = serde_json::json!({
            "authid": authid,
            "authrole": &*user.role,
            "authmethod": METHOD,
            "authprovider": Table::PROVIDER,
            "nonce": nonce(entropy),
            "timestamp": iso8601(at),
            "session": session.get(),
        });
        Self { authid: authid.into(), user, challenge: challenge.to_string() }
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

    /// The role, if the answer is right.
    pub(crate) fn check(&self, answer: &str) -> Option<ByteString> {
        verify(&self.user.secret, &self.challenge, answer).then(|| self.user.role.clone())
    }
}

fn nonce(entropy: &mut dyn Entropy) -> String {
    let words = [entropy.next_u64(), entropy.next_u64(), entropy.next_u64()];
    URL_SAFE_NO_PAD.encode(words.map(u64::to_le_bytes).as_flattened())
}
