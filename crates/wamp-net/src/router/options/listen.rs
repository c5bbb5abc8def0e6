//! Where a router listens.

use serde::Deserialize;

use super::super::tls;
use super::one_or_more::one_or_more;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Listening {
    #[serde(default = "here", deserialize_with = "one_or_more")]
    pub(super) listen: Vec<String>,
    #[serde(default, deserialize_with = "tls")]
    pub(super) tls: Option<tls::Tls>,
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

fn tls<'de, D: serde::de::Deserializer<'de>>(deserializer: D) -> Result<Option<tls::Tls>, D::Error> {
    let Tls { cert, key } = Tls::deserialize(deserializer)?;
    Ok(Some(tls::Tls { cert: cert.as_str().into(), key: key.as_str().into() }))
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    vec![("tls", crate::options::names::<Tls>())]
}
