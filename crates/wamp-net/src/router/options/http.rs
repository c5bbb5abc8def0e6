//! What is answered by plain HTTP, and to which web pages.

use std::time::Duration;

use serde::Deserialize;
use serde::de::Deserializer;

use super::one_or_more::one_or_more;
use crate::options::{Limit, Seconds};
use crate::router::{self, Credential, Publishing, Secret};

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
    max_body_size: Limit,
    #[serde(default = "signature_window")]
    signature_window: Seconds,
    credentials: Vec<Known>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table with authid, authrole, and token or key and secret")]
struct Known {
    token: Option<String>,
    key: Option<String>,
    secret: Option<String>,
    authid: String,
    authrole: String,
    realm: Option<String>,
}

fn path() -> String {
    "/publish".to_owned()
}

fn max_body_size() -> Limit {
    Limit(64 << 10)
}

fn signature_window() -> Seconds {
    Seconds(Duration::from_secs(300))
}

impl Known {
    /// What makes no sense is empty, and refused for that.
    fn credential(self) -> Credential {
        let Self { token, key, secret, authid, authrole, realm } = self;
        let secret = match (token, key, secret) {
            (Some(token), None, None) => Secret::Token(token),
            (None, Some(key), Some(secret)) => Secret::Key { key, secret },
            _ => Secret::Token(String::new()),
        };
        Credential { secret, authid, authrole, realm }
    }
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
        let publish = publish.map(|Publish { path, max_body_size, signature_window, credentials }| {
            let credentials = credentials.into_iter().map(Known::credential).collect();
            let (max_body_size, signature_window) = (max_body_size.0, signature_window.0);
            Publishing { path, max_body_size, signature_window, credentials }
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
