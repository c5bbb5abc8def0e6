//! Who may join a realm.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use wamp_proto::auth::wampcra::{Salting, Table, User, derive_key};
use wamp_proto::router::{Authenticators, RealmConfig};

use crate::options::{OptionError, Positive, Seconds};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Authentication {
    #[serde(rename = "wampCRA")]
    wampcra: Option<WampCra>,
    /// Whether clients may join without authentication. If nothing is said, where nobody can authenticate.
    anonymous: Option<bool>,
    challenge_timeout: Option<Seconds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with staticCredentials")]
struct WampCra {
    static_credentials: BTreeMap<String, Credentials>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole and secret")]
struct Credentials {
    authrole: String,
    /// With a salt, the password.
    secret: String,
    salt: Option<String>,
    iterations: Option<Positive>,
    keylen: Option<Positive>,
}

/// Secrets are not for logs.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("authrole", &self.authrole).finish_non_exhaustive()
    }
}

impl Authentication {
    pub(super) fn authenticators(&self) -> Result<Authenticators, OptionError> {
        let none = BTreeMap::new();
        let users = self.wampcra.as_ref().map_or(&none, |wampcra| &wampcra.static_credentials);
        let anonymous = self.anonymous.unwrap_or(self.wampcra.is_none());
        let wampcra = users.iter().map(|(authid, user)| Ok((authid.clone(), user.user(authid)?)));
        Ok(Authenticators {
            anonymous: anonymous.then(|| "anonymous".into()),
            wampcra: wampcra.collect::<Result<Table, OptionError>>()?,
            ..Authenticators::default()
        })
    }

    pub(super) fn limit(&self, realm: RealmConfig) -> RealmConfig {
        match self.challenge_timeout {
            Some(Seconds(challenge_timeout)) => RealmConfig { challenge_timeout, ..realm },
            None => realm,
        }
    }
}

impl Credentials {
    fn user(&self, authid: &str) -> Result<User, OptionError> {
        let role = self.authrole.as_str().into();
        let Some(salt) = self.salt.clone() else {
            return Ok(User { role, secret: self.secret.clone(), salting: None });
        };
        let salting = Salting {
            salt,
            iterations: self.iterations.map_or(Salting::DEFAULT_ITERATIONS, |Positive(count)| count),
            keylen: self.keylen.map_or(Salting::DEFAULT_KEYLEN, |Positive(length)| length),
        };
        let at = |error| OptionError::new(format!("wampCRA.staticCredentials.{authid}"), format!("{error}"));
        let secret = derive_key(&self.secret, &salting).map_err(at)?;
        Ok(User { role, secret, salting: Some(salting) })
    }
}
