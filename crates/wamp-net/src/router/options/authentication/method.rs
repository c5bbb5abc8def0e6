//! A method's users: in a table, or known to callbacks.

use std::collections::BTreeMap;

use serde::Deserialize;
use wamp_proto::auth::{Users, hmac_sha256};

use super::credentials::{Credential, UNKNOWN};
use crate::options::OptionError;

#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "camelCase",
    bound = "C: Credential",
    expecting = "a table with staticCredentials"
)]
pub(super) struct Method<C: Credential> {
    #[serde(default)]
    auth_type: AuthType,
    static_credentials: Option<BTreeMap<String, C>>,
    /// Whom those look like whom callbacks do not know.
    decoy: Option<C::Decoy>,
    /// Whether there is a callback: what it does is the program's affair.
    #[serde(default)]
    credentials_callback: bool,
    #[serde(default)]
    challenge_callback: bool,
    #[serde(default)]
    auth_callback: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase", expecting = "'none', 'static' or 'dynamic'")]
pub(super) enum AuthType {
    None,
    #[default]
    Static,
    Dynamic,
}

/// Whether somebody can authenticate by it.
pub(super) fn is_on<C: Credential>(method: Option<&Method<C>>) -> bool {
    method.is_some_and(|method| method.auth_type != AuthType::None)
}

/// The users that the option and the file name.
pub(super) fn users<C: Credential>(
    option: Option<&Method<C>>,
    from_file: bool,
    file: BTreeMap<String, C>,
) -> Result<Users<C::User>, OptionError> {
    let Some(method) = option else { return table(None, &file) };
    if method.decoy.is_some() && !(method.auth_type == AuthType::Dynamic && method.credentials_callback) {
        let problem = "says whom those look like whom a credentialsCallback does not know, and there is none";
        return Err(OptionError::new(format!("{}.decoy", C::OPTION), problem));
    }
    match method.auth_type {
        AuthType::None => Ok(Users::default()),
        AuthType::Static if method.static_credentials.is_none() && !from_file => {
            Err(OptionError::expected(format!("{}.staticCredentials", C::OPTION), "table", None))
        }
        AuthType::Static => table(method.static_credentials.as_ref(), &file),
        AuthType::Dynamic if !file.is_empty() => {
            let problem = format!("the credentials file has users for {}, whose authType is 'dynamic'", C::OPTION);
            Err(OptionError::new("credentialsFile", problem))
        }
        AuthType::Dynamic => method.asked(),
    }
}

fn table<C: Credential>(
    own: Option<&BTreeMap<String, C>>,
    file: &BTreeMap<String, C>,
) -> Result<Users<C::User>, OptionError> {
    let named = |prefix: String| {
        move |(authid, credential): (&String, &C)| {
            let problem = |problem| OptionError::new(format!("{prefix}.{authid}"), problem);
            Ok((authid.clone(), credential.user(authid).map_err(problem)?))
        }
    };
    let own = own.into_iter().flatten().map(named(format!("{}.staticCredentials", C::OPTION)));
    own.chain(file.iter().map(named(format!("credentialsFile: {}", C::OPTION)))).collect()
}

impl<C: Credential> Method<C> {
    fn asked_for_credentials(&self) -> Result<Users<C::User>, OptionError> {
        let Some(decoy) = &self.decoy else { return Ok(Users::asked(*UNKNOWN)) };
        let (model, secret) =
            C::model(decoy).map_err(|problem| OptionError::new(format!("{}.decoy", C::OPTION), problem))?;
        let key = secret.map_or(*UNKNOWN, |secret| hmac_sha256(b"decoy", secret.as_bytes()));
        Ok(model.map_or_else(|| Users::asked(key), |model| Users::asked_about_others_like(key, model)))
    }

    fn asked(&self) -> Result<Users<C::User>, OptionError> {
        let missing = |name| Err(OptionError::expected(format!("{}.{name}", C::OPTION), "function", None));
        match (self.credentials_callback, self.auth_callback && C::MAY_BE_JUDGED) {
            (true, _) => self.asked_for_credentials(),
            (false, true) if C::NEEDS_CHALLENGE && !self.challenge_callback => missing("challengeCallback"),
            (false, true) => Ok(Users::judged()),
            (false, false) if C::MAY_BE_JUDGED => missing("authCallback"),
            (false, false) => missing("credentialsCallback"),
        }
    }
}
