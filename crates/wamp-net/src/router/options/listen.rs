//! Where a router listens.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::super::{RouterConfig, tls};
use super::one_or_more::one_or_more;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Listening {
    #[serde(default = "here", deserialize_with = "one_or_more")]
    pub(super) listen: Vec<String>,
    #[serde(default, deserialize_with = "tls")]
    pub(super) tls: Option<tls::Tls>,
    #[serde(default)]
    pub(super) unix_mode: UnixMode,
}

/// Permissions as `chmod` takes them, in octal digits.
pub(super) struct UnixMode(pub(super) u32);

impl Default for UnixMode {
    fn default() -> Self {
        Self(RouterConfig::default().unix_mode)
    }
}

impl<'de> Deserialize<'de> for UnixMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let mode = u32::from_str_radix(&digits, 8).ok().filter(|mode| *mode <= 0o777);
        mode.map(Self).ok_or_else(|| D::Error::custom("must be permissions in octal digits, such as '0660'"))
    }
}

/// Where a router listens if nothing is said: for programs on this machine alone.
fn here() -> Vec<String> {
    vec!["ws://127.0.0.1:8080/ws".to_owned()]
}

/// Files, or what would stand in them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with cert and key")]
struct Tls {
    cert: String,
    key: String,
}

fn tls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<tls::Tls>, D::Error> {
    let Tls { cert, key } = Tls::deserialize(deserializer)?;
    Ok(Some(tls::Tls { cert: cert.as_str().into(), key: key.as_str().into() }))
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    vec![("tls", crate::options::names::<Tls>())]
}
