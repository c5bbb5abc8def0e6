//! The client's answers to challenges.

use std::ffi::c_int;

use wamp_net::entropy::Random;
use wamp_proto::Dict;
use wamp_proto::auth::cryptosign::PrivateKey;
use wamp_proto::auth::scram::{Dialect, Login, Proof};
use wamp_proto::auth::{hex, wampcra};

use crate::config::table;
use crate::function::{Answer, Call, Misuse};
use crate::stack::Kind;

/// `wampcra_sign(secret, extra) -> signature | nil, message`: the answer to a WAMP-CRA challenge.
pub(crate) fn wampcra_sign(call: Call) -> Result<Result<String, String>, Misuse> {
    let secret = call.text(1, "the secret")?;
    let extra = table(call, 2)?;
    Ok(extra.and_then(|extra: Dict| wampcra::sign(secret, &extra).map_err(|error| error.to_string())))
}

/// `cryptosign_public(key) -> public key | nil, message`: both are hexadecimal.
pub(crate) fn cryptosign_public(call: Call) -> Result<Result<String, String>, Misuse> {
    let key = PrivateKey::parse(call.text(1, "the key")?);
    Ok(key.map(|key| key.public()).map_err(|error| error.to_string()))
}

/// `cryptosign_sign(key, extra [, channel]) -> signature | nil, message`: the answer to a cryptosign challenge, bound to
/// that channel if HELLO has asked for it.
pub(crate) fn cryptosign_sign(call: Call) -> Result<Result<String, String>, Misuse> {
    let key = PrivateKey::parse(call.text(1, "the key")?);
    let (extra, channel) = (table(call, 2)?, channel(call, 3)?);
    Ok(extra.and_then(|extra| key.and_then(|key| key.sign(&extra, channel)).map_err(|error| error.to_string())))
}

/// What `tls_exporter` of a client returns.
fn channel(call: Call, index: c_int) -> Result<Option<[u8; 32]>, Misuse> {
    if call.stack.kind(index) == Kind::Nil {
        return Ok(None);
    }
    let channel = hex::decode(call.text(index, "the channel")?);
    channel.map(Some).ok_or_else(|| call.wrong(index, "the channel", "64 hexadecimal digits"))
}

/// `scram_nonce() -> nonce`: a new one for HELLO.
pub(crate) fn scram_nonce(_call: Call) -> Result<String, Misuse> {
    Ok(Login::new("", &mut Random::new()).nonce().to_owned())
}

/// `scram_answer(method, authid, nonce, password, extra [, channel]) -> signature, nonce, verifier [, cbind_data] | nil,
/// message`: the answer to a WAMP-SCRAM challenge, and what has to come in WELCOME; bound to that channel if HELLO has
/// asked for it.
pub(crate) fn scram_answer(call: Call) -> Result<Result<Answered, String>, Misuse> {
    let dialect = Dialect::of(call.text(1, "the method")?);
    let dialect = dialect.ok_or_else(|| call.wrong(1, "the method", "'wamp-scram' or 'scram'"))?;
    let login = Login::with_nonce(call.text(2, "the authid")?, call.text(3, "the nonce")?);
    let password = call.text(4, "the password")?;
    let (extra, channel) = (table(call, 5)?, channel(call, 6)?);
    let answer = |extra: Dict| login.answer_bound(dialect, password, &extra, channel);
    Ok(extra.and_then(|extra| answer(extra).map_err(|error| error.to_string())).map(Answered))
}

pub(crate) struct Answered(Proof);

impl Answer for Answered {
    fn push(&mut self, call: Call) -> c_int {
        let Proof { signature, nonce, verifier, cbind_data } = &self.0;
        let texts = [Some(signature), Some(nonce), Some(verifier), cbind_data.as_ref()];
        for text in texts.into_iter().flatten() {
            call.stack.push_bytes(text.as_bytes());
        }
        3 + c_int::from(cbind_data.is_some())
    }
}
