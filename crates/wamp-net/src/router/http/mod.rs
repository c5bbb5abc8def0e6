//! What a router answers by plain HTTP, on the addresses where it takes WebSockets.
//!
//! | file | what it holds |
//! |---|---|
//! | `request`, `answer` | a request for something else than a WebSocket; what it gets |
//! | `origin` | which web pages may use the router |
//! | `health` | whether it runs |
//! | `publish`, `publication` | publishing by POST; what the body says |

mod answer;
mod health;
mod origin;
mod publication;
mod publish;
mod request;

use std::fmt;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::RouterError;
use super::server::Shared;
use super::upgrade::linger;

pub(super) use origin::Pages;
pub(super) use request::{Request, Target};

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
    /// Who may.
    pub credentials: Vec<Credential>,
}

/// Who publishes by POST: whoever knows the token, as `Authorization: Bearer token` or as the password of the authid.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The secret.
    pub token: String,
    /// In whose name.
    pub authid: String,
    /// With which role: what that may publish, this may.
    pub authrole: String,
    /// In which realm alone; `None` for all.
    pub realm: Option<String>,
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
        if publish.credentials.is_empty() || publish.credentials.iter().any(|known| known.token.is_empty()) {
            return Err(RouterError::bad_option(
                "http.publish.credentials",
                "must have a token each, and there be one",
            ));
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
