//! The client's answers to challenges.

use std::ffi::c_int;

use wamp_net::entropy::Random;
use wamp_proto::Dict;
use wamp_proto::auth::cryptosign::PrivateKey;
use wamp_proto::auth::scram::{Dialect, Login, Proof};
use wamp_proto::auth::wampcra;

use crate::config::table;
use crate::function::{Answer, Call, Misuse};

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

/// `cryptosign_sign(key, extra) -> signature | nil, message`: the answer to a cryptosign challenge.
pub(crate) fn cryptosign_sign(call: Call) -> Result<Result<String, String>, Misuse> {
    let key = PrivateKey::parse(call.text(1, "the key")?);
    let extra = table(call, 2)?;
    Ok(extra.and_then(|extra| key.and_then(|key| key.sign(&extra, None)).map_err(|error| error.to_string())))
}

/// `scram_nonce() -> nonce`: a new one for HELLO.
pub(crate) fn scram_nonce(_call: Call) -> Result<String, Misuse> {
    Ok(Login::new("", &mut Random::new()).nonce().to_owned())
}

/// `scram_answer(method, authid, nonce, password, extra) -> signature, nonce, verifier | nil, message`: the answer to a
/// WAMP-SCRAM challenge, and what has to come in WELCOME.
pub(crate) fn scram_answer(call: Call) -> Result<Result<Answered, String>, Misuse> {
    let dialect = Dialect::of(call.text(1, "the method")?);
    let dialect = dialect.ok_or_else(|| call.wrong(1, "the method", "'wamp-scram' or 'scram'"))?;
    let login = Login::with_nonce(call.text(2, "the authid")?, call.text(3, "the nonce")?);
    let password = call.text(4, "the password")?;
    let extra = table(call, 5)?;
    let proof = extra.and_then(|extra| login.answer(dialect, password, &extra).map_err(|error| error.to_string()));
    Ok(proof.map(Answered))
}

pub(crate) struct Answered(Proof);

impl Answer for Answered {
    fn push(&mut self, call: Call) -> c_int {
        for text in [&self.0.signature, &self.0.nonce, &self.0.verifier] {
            call.stack.push_bytes(text.as_bytes());
        }
        3
    }
}
