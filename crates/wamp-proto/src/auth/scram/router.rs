//! The router's side: one attempt.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytestring::ByteString;

use super::super::compare::same;
use super::super::{Channel, TLS_EXPORTER};
use super::exchange::Exchange;
use super::{Dialect, User, decode_key};
use crate::auth::wampcra::hmac_sha256;
use crate::message::{Authenticate, Challenge};
use crate::{Dict, Entropy, Value};

/// The longest nonce of a client, in characters.
const MAX_NONCE: usize = 1024;

/// What HELLO's `authextra` says.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    dialect: Dialect,
    nonce: ByteString,
    binding: Option<[u8; 32]>,
}

impl Opening {
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(dialect: Dialect, extra: &Dict, channel: &Channel) -> Result<Self, &'static str> {
        let nonce = extra.str("nonce").filter(|nonce| nonce.len() <= MAX_NONCE && is_base64(nonce));
        let nonce = nonce.ok_or("HELLO: authextra.nonce is not a nonce in Base64")?;
        let binding = match extra.get("channel_binding") {
            None => None,
            Some(Value::Str(kind)) if kind == TLS_EXPORTER && dialect == Dialect::Specification => {
                Some(channel.tls_exporter.ok_or("HELLO: there is no such channel to bind to")?)
            }
            Some(_) => return Err("HELLO: authextra.channel_binding is not supported; tls-exporter is, over TLS 1.3"),
        };
        Ok(Self { dialect, nonce: (&**nonce).into(), binding })
    }
}

impl Opening {
    pub(crate) const fn method(&self) -> &'static str {
        self.dialect.method()
    }
}

fn is_base64(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok()
}

/// One challenge that was sent, until its answer.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) user: User,
    exchange: Exchange,
}

impl Attempt {
    pub(crate) fn new(user: User, authid: &str, opening: &Opening, entropy: &mut dyn Entropy) -> Self {
        let ours = [entropy.next_u64(), entropy.next_u64()].map(u64::to_le_bytes);
        let exchange = Exchange {
            dialect: opening.dialect,
            authid: authid.to_owned(),
            client_nonce: opening.nonce.to_string(),
            nonce: format!("{}{}", opening.nonce, STANDARD.encode(ours.as_flattened())),
            salt: STANDARD.encode(&user.salt),
            iterations: user.kdf.iterations(),
            binding: opening.binding,
        };
        Self { user, exchange }
    }

    pub(crate) fn method(&self) -> &'static str {
        self.exchange.dialect.method()
    }

    pub(crate) fn message(&self) -> Challenge {
        let Exchange { dialect, nonce, salt, iterations, .. } = &self.exchange;
        let mut extra = Dict::new()
            .with("nonce", nonce.as_str())
            .with("salt", salt.as_str())
            .with("kdf", dialect.kdf(self.user.kdf))
            .with("iterations", u64::from(*iterations));
        if let Some(memory) = self.user.kdf.memory() {
            extra.insert("memory", u64::from(memory));
        }
        Challenge { method: dialect.method().into(), extra }
    }

    /// WELCOME's `authextra`, if the answer is right: the router's own proof.
    pub(crate) fn check(&self, answer: &Authenticate) -> Option<Dict> {
        let dialect = self.exchange.dialect;
        if dialect == Dialect::Specification && !self.is_echoed(&answer.extra) {
            return None;
        }
        let (keys, message) = (self.user.keys(dialect)?, self.exchange.message());
        let proof = decode_key(&answer.signature)?;
        keys.check(message.as_bytes(), &proof).then(|| {
            let signature = STANDARD.encode(hmac_sha256(&keys.server, message.as_bytes()));
            Dict::new().with(dialect.verifier(), signature)
        })
    }

    /// Whether the client repeats the nonce and the channel binding.
    fn is_echoed(&self, extra: &Dict) -> bool {
        let binding = match (&self.exchange.binding, extra.get("channel_binding")) {
            (None, None) => extra.get("cbind_data").is_none(),
            (Some(data), Some(Value::Str(kind))) => {
                let given = extra.str("cbind_data").and_then(|text| STANDARD.decode(&**text).ok());
                kind == TLS_EXPORTER && given.is_some_and(|given| same(&given, data))
            }
            _ => false,
        };
        binding && extra.str("nonce").is_some_and(|nonce| same(nonce.as_bytes(), self.exchange.nonce.as_bytes()))
    }
}
