//! Why a router does not start.

use std::io;

/// Why a router does not start. Each message names the option, the address or the realm that is to blame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouterError {
    /// Another socket listens on that address already.
    #[error("cannot listen on {url}: the address is in use")]
    AddressInUse {
        /// The address as it was configured.
        url: String,
    },
    /// The system refuses that address: no such interface, no permission, no name resolution.
    #[error("cannot listen on {url}: {source}")]
    Listen {
        /// The address as it was configured.
        url: String,
        /// What the system said.
        source: io::Error,
    },
    /// The address is not a URL that a router can listen on.
    #[error("bad URL {url:?}: {reason}")]
    BadUrl {
        /// The address as it was configured.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A realm's name is not a URI, or is given twice.
    #[error("bad realm {name:?}: {reason}")]
    BadRealm {
        /// The name as it was configured.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An option that does not exist or whose value makes no sense.
    #[error("bad option {name:?}: {reason}")]
    BadOption {
        /// The option's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The background runtime cannot be started.
    #[error("cannot start the background runtime: {0}")]
    Runtime(#[source] io::Error),
}

/// What kind of [`RouterError`] it is, for programs that branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouterErrorKind {
    /// [`RouterError::AddressInUse`].
    AddressInUse,
    /// [`RouterError::Listen`].
    Listen,
    /// [`RouterError::BadUrl`].
    BadUrl,
    /// [`RouterError::BadRealm`].
    BadRealm,
    /// [`RouterError::BadOption`].
    BadOption,
    /// [`RouterError::Runtime`].
    Runtime,
}

impl RouterError {
    /// The kind, without the particulars.
    #[must_use]
    pub fn kind(&self) -> RouterErrorKind {
        match self {
            Self::AddressInUse { .. } => RouterErrorKind::AddressInUse,
            Self::Listen { .. } => RouterErrorKind::Listen,
            Self::BadUrl { .. } => RouterErrorKind::BadUrl,
            Self::BadRealm { .. } => RouterErrorKind::BadRealm,
            Self::BadOption { .. } => RouterErrorKind::BadOption,
            Self::Runtime(_) => RouterErrorKind::Runtime,
        }
    }

    pub(super) fn bad_url(url: &str, reason: impl Into<String>) -> Self {
        Self::BadUrl { url: url.to_owned(), reason: reason.into() }
    }

    pub(super) fn bad_realm(name: &str, reason: &str) -> Self {
        Self::BadRealm { name: name.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn bad_option(name: &str, reason: &str) -> Self {
        Self::BadOption { name: name.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn listen(url: &str, source: io::Error) -> Self {
        let url = url.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { url },
            _ => Self::Listen { url, source },
        }
    }
}
