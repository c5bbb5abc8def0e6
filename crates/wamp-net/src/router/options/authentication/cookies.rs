//! Cookies that let clients in.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use wamp_proto::auth::cookie::{Jar, Known, NAME, Owner};

use super::method::AuthType;
use crate::options::OptionError;

const OPTION: &str = "cookieAuth";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with staticCredentials")]
pub(super) struct CookieAuth {
    #[serde(default)]
    auth_type: AuthType,
    cookie_name: Option<String>,
    static_credentials: Option<Cookies>,
    #[serde(default)]
    auth_callback: bool,
    /// Whether nobody joins without one. If nothing is said: unless they all tell whose they are.
    required: Option<bool>,
}

/// Values alone, or values that tell whose they are.
enum Cookies {
    Passes(Vec<String>),
    Owned(BTreeMap<String, OwnerOptions>),
}

/// Cookies are not for logs.
impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookies")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authid and authrole")]
struct OwnerOptions {
    authid: String,
    authrole: String,
}

impl CookieAuth {
    /// # Errors
    /// What is missing.
    pub(super) fn jar(&self) -> Result<Option<Jar>, OptionError> {
        let missing = |name, expected| OptionError::expected(format!("{OPTION}.{name}"), expected, None);
        let known = match (self.auth_type, &self.static_credentials) {
            (AuthType::None, _) => return Ok(None),
            (AuthType::Static, None) => return Err(missing("staticCredentials", "table")),
            (AuthType::Static, Some(cookies)) => Known::Table(cookies.table().into()),
            (AuthType::Dynamic, _) if !self.auth_callback => return Err(missing("authCallback", "function")),
            (AuthType::Dynamic, _) => Known::Asked,
        };
        let name = self.cookie_name.as_deref().unwrap_or(NAME).into();
        Ok(Some(Jar { name, required: self.required.unwrap_or_else(|| !self.tells_who()), known }))
    }

    /// Whether all of them tell whose they are.
    pub(super) fn tells_who(&self) -> bool {
        self.auth_type == AuthType::Static && matches!(&self.static_credentials, Some(Cookies::Owned(_)))
    }
}

impl Cookies {
    fn table(&self) -> Vec<(String, Option<Owner>)> {
        let owner = |OwnerOptions { authid, authrole }: &OwnerOptions| {
            Some(Owner { authid: authid.as_str().into(), role: authrole.as_str().into() })
        };
        match self {
            Self::Passes(values) => values.iter().map(|value| (value.clone(), None)).collect(),
            Self::Owned(values) => values.iter().map(|(value, options)| (value.clone(), owner(options))).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Cookies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListOrTable)
    }
}

struct ListOrTable;

impl<'de> Visitor<'de> for ListOrTable {
    type Value = Cookies;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values, or a table of their owners")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cookies, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Cookies::Passes(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Cookies, A::Error> {
        let mut owned = BTreeMap::new();
        while let Some((value, owner)) = table.next_entry()? {
            owned.insert(value, owner);
        }
        // Lua's empty list.
        Ok(if owned.is_empty() { Cookies::Passes(Vec::new()) } else { Cookies::Owned(owned) })
    }
}
