//! The authentication methods, both sides (specification: Authentication Methods). `anonymous` needs no code of its
//! own: the realm's configuration names the role that it gives.
//!
//! | file | what it holds |
//! |---|---|
//! | `ticket`, `wampcra`, `scram`, `cryptosign` | one method each: its users, an attempt of one of them, the client's side |
//! | `cookie` | who has a cookie of the HTTP upgrade |
//! | `attempt` | an attempt with whatever method |
//! | `question` | what somebody else is asked where there is no table of users, and the answer |
//! | `users` | the users of a method, and those who look like one |
//! | `kdf`, `compare`, `hex` | keys from passwords, comparing in constant time, a notation |

pub(crate) mod attempt;
mod compare;
pub mod cookie;
pub mod cryptosign;
pub mod hex;
mod kdf;
mod question;
pub mod scram;
pub mod ticket;
mod users;
pub mod wampcra;

use bytestring::ByteString;

use crate::Dict;

pub use kdf::{Kdf, KdfError};
pub use question::{Answer, Matter, Question};
pub(crate) use users::Source;
pub use users::{Credentials, Users};
pub use wampcra::hmac_sha256;

/// What cannot be known before the connection exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// The `Cookie` header of the HTTP upgrade, several of them joined by `; `; `None` where there was no HTTP.
    pub cookies: Option<ByteString>,
    /// The TLS channel's 32 bytes of the type [`TLS_EXPORTER`]; `None` without TLS 1.3.
    pub tls_exporter: Option<[u8; 32]>,
}

/// The one type of channel binding that is known here (RFC 9266): `tls-unique` does not exist in TLS 1.3.
pub const TLS_EXPORTER: &str = "tls-exporter";

/// Who somebody has proved to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    /// The name that the session goes by.
    pub authid: ByteString,
    /// The role that it gets.
    pub authrole: ByteString,
    /// The method, as WELCOME names it.
    pub authmethod: ByteString,
    /// Who vouches for it: `static` for tables, `dynamic` where somebody was asked.
    pub authprovider: ByteString,
    /// What WELCOME tells as `authextra`; often empty.
    pub authextra: Dict,
}

/// The provider of tables.
pub(crate) const STATIC: ByteString = ByteString::from_static("static");
/// The provider where somebody was asked.
pub(crate) const DYNAMIC: ByteString = ByteString::from_static("dynamic");
