//! What roles may do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use wamp_proto::router::{Actions, Authorizer, Oracle, Permission, RealmConfig, Role};
use wamp_proto::uri::{self, Match, Rule};

use super::features::Identification;
use crate::options::{OptionError, Seconds};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Permissions {
    roles: Option<BTreeMap<String, RoleTable>>,
    authorizer: Option<AuthorizerTable>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with permissions")]
struct RoleTable {
    permissions: Vec<PermissionTable>,
    ask: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with uri and allow")]
struct PermissionTable {
    uri: String,
    #[serde(default, rename = "match")]
    policy: Policy,
    allow: Allowed,
    disclose: Option<Identification>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'exact', 'prefix' or 'wildcard'")]
pub(super) enum Policy {
    #[default]
    Exact,
    Prefix,
    Wildcard,
}

impl Policy {
    pub(super) const fn policy(self) -> Match {
        match self {
            Self::Exact => Match::Exact,
            Self::Prefix => Match::Prefix,
            Self::Wildcard => Match::Wildcard,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'publish', 'subscribe', 'call' or 'register'")]
enum ActionName {
    Publish,
    Subscribe,
    Call,
    Register,
}

struct Allowed(Actions);

impl<'de> Deserialize<'de> for Allowed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut actions = Actions::default();
        for name in Vec::<ActionName>::deserialize(deserializer)? {
            match name {
                ActionName::Publish => actions.publish = true,
                ActionName::Subscribe => actions.subscribe = true,
                ActionName::Call => actions.call = true,
                ActionName::Register => actions.register = true,
            }
        }
        Ok(Self(actions))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with procedure or authCallback")]
struct AuthorizerTable {
    #[serde(default, deserialize_with = "procedure")]
    procedure: Option<String>,
    /// Whether there is a callback.
    #[serde(default)]
    auth_callback: bool,
    #[serde(default = "thinking")]
    timeout: Seconds,
    #[serde(default = "forgetting")]
    cache: Seconds,
}

fn thinking() -> Seconds {
    Seconds(Duration::from_secs(5))
}

fn forgetting() -> Seconds {
    Seconds(Duration::ZERO)
}

fn procedure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match uri::check(&text, Match::Exact, Rule::Loose) {
        true => Ok(Some(text)),
        false => Err(D::Error::custom(format!("'{text}' is no URI"))),
    }
}

impl Permissions {
    /// # Errors
    /// An authorizer that nobody is.
    pub(super) fn set(&self, realm: RealmConfig) -> Result<RealmConfig, OptionError> {
        let roles = self.roles.as_ref().map(|roles| {
            let roles = roles.iter().map(|(name, role)| (name.as_str().into(), role.config()));
            Arc::new(roles.collect())
        });
        let authorizer = self.authorizer.as_ref().map(AuthorizerTable::config).transpose()?;
        Ok(RealmConfig { roles, authorizer, ..realm })
    }
}

impl AuthorizerTable {
    fn config(&self) -> Result<Authorizer, OptionError> {
        let oracle = match &self.procedure {
            Some(_) if self.auth_callback => {
                let problem = "there is a procedure already; one of them decides";
                return Err(OptionError::new("authorizer.authCallback", problem));
            }
            Some(procedure) => Oracle::Procedure(procedure.as_str().into()),
            None if self.auth_callback => Oracle::Driver,
            None => return Err(OptionError::expected("authorizer.procedure", "string", None)),
        };
        Ok(Authorizer { oracle, timeout: self.timeout.0, cache: self.cache.0 })
    }
}

impl RoleTable {
    fn config(&self) -> Role {
        let role = Role::new(self.permissions.iter().map(PermissionTable::config));
        if self.ask { role.asking() } else { role }
    }
}

impl PermissionTable {
    fn config(&self) -> Permission {
        let policy = self.policy.policy();
        let disclosure = self.disclose.map(Identification::disclosure);
        Permission { uri: self.uri.as_str().into(), policy, allow: self.allow.0, disclosure }
    }
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    use crate::options::names;

    vec![
        ("roles.NAME", names::<RoleTable>()),
        ("roles.NAME.permissions[]", names::<PermissionTable>()),
        ("authorizer", names::<AuthorizerTable>()),
    ]
}
