//! What callbacks return.

use serde::Deserialize;
use wamp_proto::auth::{Answer, Matter, Question, cryptosign, ticket, wampcra};
use wamp_proto::{Dict, Value};

use super::credentials::{Credential, OfCryptosign, OfScram, OfTicket, OfWampCra};
use crate::options::{OptionError, read};
use crate::router::{Reply, Work};

/// Who somebody is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole")]
struct Granted {
    authid: Option<String>,
    authrole: String,
    authprovider: Option<String>,
    /// The method is what it is, whatever others would call it.
    #[serde(rename = "authmethod")]
    _authmethod: Option<String>,
}

pub(in super::super) fn answer(question: &Question, returned: Value) -> Result<Reply, String> {
    let answer = match (&question.matter, returned) {
        (_, Value::Null | Value::Bool(false)) => Answer::Refused,
        (Matter::Cookie(_), Value::Bool(true)) => Answer::Passed,
        (Matter::Challenge, Value::Str(challenge)) => Answer::Challenge(challenge),
        (Matter::Challenge, other) => return Err(expected("string", &other)),
        (Matter::Judgement { .. } | Matter::Cookie(_), Value::Dict(table)) => granted(table)?,
        (Matter::Credentials, Value::Dict(table)) => {
            return match question.method {
                ticket::METHOD => credentials::<OfTicket>(question, table),
                wampcra::METHOD => credentials::<OfWampCra>(question, table),
                cryptosign::METHOD => credentials::<OfCryptosign>(question, table),
                _ => credentials::<OfScram>(question, table),
            };
        }
        (_, other) => return Err(expected("table", &other)),
    };
    Ok(Reply::Join(answer.into()))
}

fn credentials<C: Credential>(question: &Question, table: Dict) -> Result<Reply, String> {
    let credential: C = read(table)?;
    let asked_for = question.authid.clone().unwrap_or_default();
    if !credential.takes_time(&asked_for)? {
        return Ok(Reply::Join(credential.answer(&asked_for)?.into()));
    }
    // What could be wrong with it has been found by now.
    Ok(Reply::Later(Work::new(move || credential.answer(&asked_for).unwrap_or(Answer::Refused))))
}

fn granted(mut table: Dict) -> Result<Answer, String> {
    let authextra = match table.remove("authextra") {
        None => Dict::new(),
        Some(Value::Dict(extra)) => extra,
        Some(other) => return Err(OptionError::expected("authextra", "table", Some(&other)).into()),
    };
    let Granted { authid, authrole, authprovider, .. } = read(table)?;
    Ok(Answer::Granted {
        authid: authid.map(Into::into),
        authrole: authrole.into(),
        authprovider: authprovider.map(Into::into),
        authextra,
    })
}

fn expected(what: &str, found: &Value) -> String {
    OptionError::expected("", what, Some(found)).to_string()
}
