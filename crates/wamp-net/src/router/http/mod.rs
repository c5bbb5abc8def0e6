//! What a router answers by plain HTTP, on the addresses where it takes WebSockets.
//!
//! | file | what it holds |
//! |---|---|
//! | `request`, `answer` | a request for something else than a WebSocket; what it gets |
//! | `origin` | which web pages may use the router |
//! | `health` | whether it runs |
//! | `publish`, `publication`, `signature` | publishing by POST; what the body says, and the signature |

mod answer;
mod health;
mod origin;
mod publication;
mod publish;
mod request;
mod signature;

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::RouterError;
use super::config::check_time;
use super::server::Shared;
use super::upgrade::linger;

pub(super) use origin::Pages;
pub(super) use request::{Request, Target};
pub(super) use signature::Signatures;

/// What a router answers by plain HTTP, and to which web pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// The path that tells whether the router runs, with how many sessions; `None` for nowhere. Default: `/health`.
    pub health: Option<String>,
    /// Publishing by POST; `None`, the default, does not allow it.
    pub publish: Option<Publishing>,
    /// The origins of the web pages that may use the router, `*` standing for any characters. `None`, the default, are
    /// those of this machine and of the same host, as far as its name is known to be the router's: an address, a host in
    /// [`super::RouterConfig::listen`], and over TLS any. What names no origin is no browser.
    pub allowed_origins: Option<Vec<String>>,
}

/// Publishing by POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publishing {
    /// Where.
    pub path: String,
    /// The longest body that is read, in bytes.
    pub max_body_size: usize,
    /// How old the signature of a request may be.
    pub signature_window: Duration,
    /// Who may.
    pub credentials: Vec<Credential>,
}

/// Who publishes by POST.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// What proves it.
    pub secret: Secret,
    /// In whose name.
    pub authid: String,
    /// With which role: what that may publish, this may.
    pub authrole: String,
    /// In which realm alone; `None` for all.
    pub realm: Option<String>,
}

/// What proves who publishes by POST.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Whoever knows it, as `Authorization: Bearer token` or as the password of the authid.
    Token(String),
    /// Whoever signs with it, as Crossbar.io's publishers do.
    Key {
        /// The name of the secret.
        key: String,
        /// The secret.
        secret: String,
    },
}

impl Secret {
    fn is_empty(&self) -> bool {
        match self {
            Self::Token(token) => token.is_empty(),
            Self::Key { key, secret } => key.is_empty() || secret.is_empty(),
        }
    }
}

/// Secrets are not for logs.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("authid", &self.authid).finish_non_exhaustive()
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { health: Some("/health".to_owned()), publish: None, allowed_origins: None }
    }
}

impl Http {
    /// # Errors
    /// When an option makes no sense.
    pub(super) fn check(&self) -> Result<(), RouterError> {
        let is_path = |path: &str| path.starts_with('/') && !path.contains(['?', '#', ' ']);
        if self.health.as_deref().is_some_and(|path| !is_path(path)) {
            return Err(RouterError::bad_option("http.health", "must be a path that begins with a slash"));
        }
        let Some(publish) = &self.publish else { return Ok(()) };
        if !is_path(&publish.path) {
            return Err(RouterError::bad_option("http.publish.path", "must be a path that begins with a slash"));
        }
        if publish.max_body_size == 0 {
            return Err(RouterError::bad_option("http.publish.max_body_size", "must be at least 1"));
        }
        check_time("http.publish.signature_window", publish.signature_window)?;
        if publish.credentials.is_empty() || publish.credentials.iter().any(|known| known.secret.is_empty()) {
            let reason = "must have a token each, or a key with its secret, and there be one";
            return Err(RouterError::bad_option("http.publish.credentials", reason));
        }
        Ok(())
    }
}

/// Answers a request, then closes the connection.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn serve<S>(stream: &mut S, request: Request, shared: &Shared, pages: &Pages) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = match request.target {
        Target::Health => health::answer(&request, shared),
        Target::Publish => publish::answer(stream, request, shared, pages).await?,
    };
    stream.write_all(&answer.to_http()).await?;
    linger(stream).await
}
