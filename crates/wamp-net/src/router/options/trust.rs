//! How far sessions are trusted.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use serde::Deserialize;
use serde::de::{Deserializer, Error};
use wamp_proto::router::{RealmConfig, TrustLevels};

use crate::options::{OptionError, Whole};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Trust {
    trust_levels: Option<Levels>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default, expecting = "a table with staticCredentials")]
struct Levels {
    auth_type: AuthType,
    default_trust_level: Option<Whole>,
    static_credentials: Tables,
    /// Whether there is a callback.
    auth_callback: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'none', 'static' or 'dynamic'")]
enum AuthType {
    None,
    Static,
    Dynamic,
}

impl Default for Levels {
    fn default() -> Self {
        let (auth_type, static_credentials) = (AuthType::Static, Tables::default());
        Self { auth_type, default_trust_level: None, static_credentials, auth_callback: false }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default, expecting = "a table of lists")]
struct Tables {
    by_authid: Vec<ByAuthid>,
    by_auth_role: Vec<ByAuthRole>,
    by_client_ip: Vec<ByClientIp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authid and trustlevel")]
struct ByAuthid {
    authid: String,
    trustlevel: Whole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authrole and trustlevel")]
struct ByAuthRole {
    authrole: String,
    trustlevel: Whole,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with clientip and trustlevel")]
struct ByClientIp {
    #[serde(deserialize_with = "address")]
    clientip: IpAddr,
    trustlevel: Whole,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address: Result<IpAddr, _> = text.parse();
    address.map(|address| address.to_canonical()).map_err(|_| D::Error::custom(format!("'{text}' is no IP address")))
}

impl Trust {
    /// # Errors
    /// `authType = 'dynamic'` without a callback.
    pub(super) fn set(&self, realm: RealmConfig) -> Result<RealmConfig, OptionError> {
        let levels = self.trust_levels.as_ref().filter(|levels| levels.auth_type != AuthType::None);
        if levels.is_some_and(|levels| levels.auth_type == AuthType::Dynamic && !levels.auth_callback) {
            return Err(OptionError::expected("trustLevels.authCallback", "function", None));
        }
        Ok(RealmConfig { trust_levels: levels.map(Levels::config), ..realm })
    }
}

impl Levels {
    fn config(&self) -> TrustLevels {
        let Tables { by_authid, by_auth_role, by_client_ip } = &self.static_credentials;
        TrustLevels {
            dynamic: self.auth_type == AuthType::Dynamic,
            default: self.default_trust_level.map(|Whole(level)| level),
            by_authid: by(by_authid, |entry| (entry.authid.as_str().into(), entry.trustlevel)),
            by_authrole: by(by_auth_role, |entry| (entry.authrole.as_str().into(), entry.trustlevel)),
            by_client_ip: by(by_client_ip, |entry| (entry.clientip, entry.trustlevel)),
        }
    }
}

fn by<T, K: Eq + Hash>(entries: &[T], level: impl Fn(&T) -> (K, Whole)) -> HashMap<K, u64> {
    entries.iter().map(level).map(|(key, Whole(level))| (key, level)).collect()
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    use crate::options::names;

    vec![("trustLevels", names::<Levels>()), ("trustLevels.staticCredentials", names::<Tables>())]
}
