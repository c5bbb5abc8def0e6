//! What the options say about a realm: about all of them, and in the table of one about that.

use serde::Deserialize;
use wamp_proto::Dict;
use wamp_proto::router::RealmConfig;
use wamp_proto::uri::Rule;

use super::authentication::Authentication;
use crate::options::{Groups, OptionError, names};

/// The options that may differ from realm to realm.
pub(super) struct RealmOptions {
    authentication: Authentication,
    rules: Rules,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Rules {
    uri_validation: UriValidation,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'loose' or 'strict'")]
enum UriValidation {
    #[default]
    Loose,
    Strict,
}

impl RealmOptions {
    pub(super) fn names() -> Vec<&'static str> {
        [names::<Authentication>(), names::<Rules>()].concat()
    }

    pub(super) fn read(groups: &mut Groups) -> Result<Self, OptionError> {
        Ok(Self { authentication: groups.read()?, rules: groups.read()? })
    }

    /// What these options say, and no others.
    pub(super) fn of(options: Dict) -> Result<Self, OptionError> {
        let mut groups = Groups::new(options);
        let read = Self::read(&mut groups)?;
        groups.end()?;
        Ok(read)
    }

    pub(super) fn config(&self, name: &str) -> Result<RealmConfig, OptionError> {
        let realm = RealmConfig::open(name).with_auth(self.authentication.authenticators()?);
        let uri_rule = match self.rules.uri_validation {
            UriValidation::Loose => Rule::Loose,
            UriValidation::Strict => Rule::Strict,
        };
        Ok(self.authentication.limit(RealmConfig { uri_rule, ..realm }))
    }
}
