//! What a realm offers beyond the routing, and to whom it tells who says what.

use serde::Deserialize;
use wamp_proto::router::{Disclosure, MetaApi, RealmConfig};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Features {
    caller_identification: Identification,
    #[serde(rename = "metaAPI")]
    meta_api: Groups,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase", expecting = "'auto', 'never' or 'always'")]
pub(super) enum Identification {
    #[default]
    Auto,
    Never,
    Always,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table with session, subscription and registration")]
struct Groups {
    session: bool,
    subscription: bool,
    registration: bool,
}

impl Identification {
    pub(super) const fn disclosure(self) -> Disclosure {
        match self {
            Self::Auto => Disclosure::Auto,
            Self::Never => Disclosure::Never,
            Self::Always => Disclosure::Always,
        }
    }
}

impl Features {
    pub(super) fn set(&self, realm: RealmConfig) -> RealmConfig {
        let Groups { session, subscription, registration } = self.meta_api;
        let disclosure = self.caller_identification.disclosure();
        RealmConfig { meta: MetaApi { session, subscription, registration }, disclosure, ..realm }
    }
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    vec![("metaAPI", crate::options::names::<Groups>())]
}
