//! What the options say about a realm: about all of them, and in the table of one about that.

use serde::Deserialize;
use wamp_proto::Dict;
use wamp_proto::router::{RealmConfig, RequestIds};
use wamp_proto::uri::Rule;

use super::authentication::Authentication;
use super::features::Features;
use super::history::History;
use super::keeping::Keeping;
use super::permissions::Permissions;
use super::trust::Trust;
use crate::options::{Groups, OptionError, names};

/// The options that may differ from realm to realm.
pub(super) struct RealmOptions {
    authentication: Authentication,
    rules: Rules,
    features: Features,
    keeping: Keeping,
    trust: Trust,
    history: History,
    permissions: Permissions,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct Rules {
    uri_validation: Strictness,
    request_ids: Strictness,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'loose' or 'strict'")]
enum Strictness {
    #[default]
    Loose,
    Strict,
}

impl RealmOptions {
    pub(super) fn names() -> Vec<&'static str> {
        [
            names::<Authentication>(),
            names::<Rules>(),
            names::<Features>(),
            names::<Keeping>(),
            names::<Trust>(),
            names::<History>(),
            names::<Permissions>(),
        ]
        .concat()
    }

    /// Those of them that are among the options.
    pub(super) fn among(options: &Dict) -> Dict {
        Self::names().into_iter().filter_map(|name| Some((name, options.get(name)?.clone()))).collect()
    }

    pub(super) fn read(groups: &mut Groups) -> Result<Self, OptionError> {
        Ok(Self {
            authentication: groups.read()?,
            rules: groups.read()?,
            features: groups.read()?,
            keeping: groups.read()?,
            trust: groups.read()?,
            history: groups.read()?,
            permissions: groups.read()?,
        })
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
            Strictness::Loose => Rule::Loose,
            Strictness::Strict => Rule::Strict,
        };
        let request_ids = match self.rules.request_ids {
            Strictness::Loose => RequestIds::Loose,
            Strictness::Strict => RequestIds::Strict,
        };
        let realm = self.authentication.limit(RealmConfig { uri_rule, request_ids, ..realm });
        let realm = self.history.set(self.keeping.set(self.features.set(realm)));
        self.permissions.set(self.trust.set(realm)?)
    }
}
