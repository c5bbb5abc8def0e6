//! What is answered by plain HTTP, and to which web pages.

use serde::Deserialize;
use serde::de::Deserializer;

use super::one_or_more::one_or_more;
use crate::options::Count;
use crate::router::{self, Credential, Publishing};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(super) struct Web {
    #[serde(deserialize_with = "patterns")]
    allowed_origins: Option<Vec<String>>,
    http: Http,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
struct Http {
    /// Empty for none.
    health: String,
    publish: Option<Publish>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a table with credentials")]
struct Publish {
    #[serde(default = "path")]
    path: String,
    #[serde(default = "max_body_size")]
    max_body_size: Count,
    credentials: Vec<Known>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with token, authid and authrole")]
struct Known {
    token: String,
    authid: String,
    authrole: String,
    realm: Option<String>,
}

fn path() -> String {
    "/publish".to_owned()
}

fn max_body_size() -> Count {
    Count(64 << 10)
}

fn patterns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    one_or_more(deserializer).map(Some)
}

impl Default for Http {
    fn default() -> Self {
        Self { health: router::Http::default().health.unwrap_or_default(), publish: None }
    }
}

impl Web {
    pub(super) fn http(self) -> router::Http {
        let Http { health, publish } = self.http;
        let credential = |Known { token, authid, authrole, realm }| Credential { token, authid, authrole, realm };
        let publish = publish.map(|Publish { path, max_body_size, credentials }| {
            let credentials = credentials.into_iter().map(credential).collect();
            Publishing { path, max_body_size: max_body_size.0, credentials }
        });
        router::Http {
            health: Some(health).filter(|path| !path.is_empty()),
            publish,
            allowed_origins: self.allowed_origins,
        }
    }
}

/// The options that stand in another one.
#[cfg(test)]
pub(super) fn nested() -> Vec<(&'static str, &'static [&'static str])> {
    use crate::options::names;
    let credentials = names::<Known>();
    vec![("http", names::<Http>()), ("http.publish", names::<Publish>()), ("http.publish.credentials[]", credentials)]
}
