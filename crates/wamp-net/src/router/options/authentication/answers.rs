//! What callbacks return.

use serde::Deserialize;
use wamp_proto::auth::{Answer, Matter, Question, cryptosign, ticket, wampcra};
use wamp_proto::{Dict, Value};

use super::credentials::{Credential, OfCryptosign, OfScram, OfTicket, OfWampCra};
use crate::options::{OptionError, read};

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

pub(in super::super) fn answer(question: &Question, returned: Value) -> Result<Answer, String> {
    match (&question.matter, returned) {
        (_, Value::Null | Value::Bool(false)) => Ok(Answer::Refused),
        (Matter::Cookie(_), Value::Bool(true)) => Ok(Answer::Passed),
        (Matter::Challenge, Value::Str(challenge)) => Ok(Answer::Challenge(challenge)),
        (Matter::Challenge, other) => Err(expected("string", &other)),
        (Matter::Judgement { .. } | Matter::Cookie(_), Value::Dict(table)) => granted(table),
        (Matter::Credentials, Value::Dict(table)) => match question.method {
            ticket::METHOD => credentials::<OfTicket>(question, table),
            wampcra::METHOD => credentials::<OfWampCra>(question, table),
            cryptosign::METHOD => credentials::<OfCryptosign>(question, table),
            _ => credentials::<OfScram>(question, table),
        },
        (_, other) => Err(expected("table", &other)),
    }
}

fn credentials<C: Credential>(question: &Question, table: Dict) -> Result<Answer, String> {
    read::<C>(table)?.answer(question.authid.as_deref().unwrap_or_default())
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
