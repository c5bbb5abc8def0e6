//! Which realms a router serves, and what they allow.

use serde::Deserialize;
use wamp_proto::router::{Authenticators, RealmConfig};
use wamp_proto::uri::Rule;

use super::authentication::Authentication;
use super::one_or_more::one_or_more;
use crate::options::OptionError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Realms {
    #[serde(default, deserialize_with = "one_or_more")]
    realms: Vec<String>,
    #[serde(default)]
    uri_validation: UriValidation,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'loose' or 'strict'")]
enum UriValidation {
    #[default]
    Loose,
    Strict,
}

impl Realms {
    pub(super) fn configs(self, authentication: &Authentication) -> Result<Vec<RealmConfig>, OptionError> {
        let auth = authentication.authenticators()?;
        Ok(self.realms.iter().map(|name| authentication.limit(self.realm(name, &auth))).collect())
    }

    fn realm(&self, name: &str, auth: &Authenticators) -> RealmConfig {
        let uri_rule = match self.uri_validation {
            UriValidation::Loose => Rule::Loose,
            UriValidation::Strict => Rule::Strict,
        };
        RealmConfig { uri_rule, ..RealmConfig::open(name).with_auth(auth.clone()) }
    }
}
