//! The file of users: in JSON, for each method what its `staticCredentials` would be.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use wamp_proto::{Serializer, Value};

use super::credentials::{OfCryptosign, OfScram, OfTicket, OfWampCra};
use crate::options::{OptionError, read};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) ticket: BTreeMap<String, OfTicket>,
    #[serde(rename = "wampCRA")]
    pub(super) wampcra: BTreeMap<String, OfWampCra>,
    #[serde(rename = "wampSCRAM")]
    pub(super) scram: BTreeMap<String, OfScram>,
    pub(super) cryptosign: BTreeMap<String, OfCryptosign>,
}

impl File {
    /// # Errors
    /// Why it cannot be read, in which line it is no JSON, or in which field something else is wrong.
    pub(super) fn read(path: &str) -> Result<Self, OptionError> {
        let wrong = |problem: String| OptionError::new("credentialsFile", format!("{path}: {problem}"));
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        // Of JSON that is none, this knows the line; and it shows nothing of what may be secret.
        serde_json::from_slice::<IgnoredAny>(&text).map_err(|error| wrong(error.to_string()))?;
        match Serializer::Json.read_value(&text) {
            Ok(Value::Dict(users)) => read(users).map_err(|error: OptionError| wrong(error.to_string())),
            _ => Err(wrong("expected an object with the users of each method".to_owned())),
        }
    }
}
