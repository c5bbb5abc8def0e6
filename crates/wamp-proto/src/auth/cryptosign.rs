//! Cryptosign: the client signs a challenge with its Ed25519 key (specification: Cryptosign-based Authentication). The
//! router knows public keys only.

use std::collections::BTreeSet;

use bytestring::ByteString;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::compare::same;
use super::users::{Credentials, Source, Users};
use super::{Channel, TLS_EXPORTER, hex};
use crate::message::{Authenticate, Challenge};
use crate::{Dict, Entropy, Value};

/// The method's name on the wire.
pub const METHOD: &str = "cryptosign";

/// The users by authid.
pub type Table = Users<User>;

/// An Ed25519 public key.
pub type PublicKey = [u8; 32];

/// One user, as the router knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The role that the user gets.
    pub role: ByteString,
    /// The keys, each of which is good.
    pub keys: BTreeSet<PublicKey>,
}

impl Credentials for User {
    fn secret(&self) -> &[u8] {
        &[]
    }

    type Shape = ();

    fn shape(&self) {}

    fn decoy(_model: Option<&Self>, _random: [u8; 32]) -> Self {
        Self { role: ByteString::new(), keys: BTreeSet::new() }
    }
}

/// A key as HELLO and configurations write it: 64 hexadecimal digits.
#[must_use]
pub fn public_key(text: &str) -> Option<PublicKey> {
    hex::decode(text)
}

/// What HELLO's `authextra` says.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    key: PublicKey,
    binding: Option<[u8; 32]>,
}

impl Opening {
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(extra: &Dict, channel: &Channel) -> Result<Self, &'static str> {
        let key = extra.str("pubkey").and_then(|text| public_key(text));
        let key = key.ok_or("HELLO: authextra.pubkey is not a key of 64 hexadecimal digits")?;
        let binding = match extra.get("channel_binding") {
            // What cannot be had is left out, as the specification allows; the client sees that in CHALLENGE.
            Some(Value::Str(kind)) => channel.tls_exporter.filter(|_| kind == TLS_EXPORTER),
            None => None,
            Some(_) => return Err("HELLO: authextra.channel_binding is not a string"),
        };
        Ok(Self { key, binding })
    }

    /// The key as HELLO writes it, a name for who has no other.
    pub(crate) fn key_text(&self) -> ByteString {
        hex::encode(&self.key).into()
    }
}

impl Table {
    /// The user of that authid, or without one, the first who has the key; with the key, if it is his.
    pub(crate) fn owner(&self, authid: Option<&ByteString>, opening: &Opening) -> Option<(ByteString, User)> {
        let owns = |user: &User| user.keys.contains(&opening.key);
        let found = |(authid, user): (&ByteString, &User)| (authid.clone(), user.clone());
        match authid {
            Some(authid) => Some(self.user(authid).0).filter(owns).map(|user| (authid.clone(), user)),
            None if self.source() == Source::Table => self.iter().find(|(_, user)| owns(user)).map(found),
            None => None,
        }
    }
}

/// One challenge that was sent, until its answer.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Whose key it is, if anybody's.
    pub(crate) owner: Option<(ByteString, User)>,
    opening: Opening,
    challenge: [u8; 32],
}

impl Attempt {
    pub(crate) fn new(owner: Option<(ByteString, User)>, opening: Opening, entropy: &mut dyn Entropy) -> Self {
        let mut challenge = [0; 32];
        challenge.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&entropy.next_u64().to_le_bytes()));
        let owner = owner.filter(|(_, user)| user.keys.contains(&opening.key));
        Self { owner, opening, challenge }
    }

    pub(crate) fn message(&self) -> Challenge {
        let binding = self.opening.binding.map_or(Value::Null, |_| TLS_EXPORTER.into());
        let extra = Dict::new().with("challenge", hex::encode(&self.challenge)).with("channel_binding", binding);
        Challenge { method: METHOD.into(), extra }
    }

    /// The signature is checked for those whose key is nobody's as well, so that the time tells nothing.
    pub(crate) fn check(&self, answer: &Authenticate) -> bool {
        let Some(answer) = hex::decode::<96>(&answer.signature) else { return false };
        let (signature, message) = answer.split_at(64);
        let right = UnparsedPublicKey::new(&ED25519, self.opening.key).verify(message, signature).is_ok();
        right && same(message, &bound(self.challenge, self.opening.binding))
    }
}

fn bound(challenge: [u8; 32], binding: Option<[u8; 32]>) -> [u8; 32] {
    let binding = binding.unwrap_or_default();
    std::array::from_fn(|n| challenge[n] ^ binding[n])
}

/// Why a challenge cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The challenge lacks what it needs, or holds something else there.
    #[error("the challenge's {0} is missing or of the wrong type")]
    Invalid(&'static str),
    /// The private key is not one.
    #[error("the private key is not one of 64 hexadecimal digits")]
    Key,
}

/// A private key, from its seed of 64 hexadecimal digits.
#[derive(Debug)]
pub struct PrivateKey(Ed25519KeyPair);

impl PrivateKey {
    /// # Errors
    /// [`SignError::Key`]
    pub fn parse(seed: &str) -> Result<Self, SignError> {
        let seed: [u8; 32] = hex::decode(seed).ok_or(SignError::Key)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map(Self).map_err(|_| SignError::Key)
    }

    /// The public key for HELLO's `authextra`.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode(self.0.public_key().as_ref())
    }

    /// The answer to CHALLENGE's extra; with the bytes of the channel, if HELLO asked for that binding.
    ///
    /// # Errors
    /// [`SignError::Invalid`] when the challenge is not as the specification says, or bound to something else.
    pub fn sign(&self, extra: &Dict, channel: Option<[u8; 32]>) -> Result<String, SignError> {
        let challenge = extra.str("challenge").and_then(|text| hex::decode(text));
        let challenge = challenge.ok_or(SignError::Invalid("challenge"))?;
        let bound_to = extra.get("channel_binding").map(|kind| kind.as_str().map(|kind| &**kind));
        if bound_to != channel.map(|_| Some(TLS_EXPORTER)) {
            return Err(SignError::Invalid("channel_binding"));
        }
        let message = bound(challenge, channel);
        Ok(hex::encode(self.0.sign(&message).as_ref()) + &hex::encode(&message))
    }
}
