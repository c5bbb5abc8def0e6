//! The Web Application Messaging Protocol without I/O.
//!
//! Everything here is pure: no sockets, no clock, no threads, no randomness. Frames, commands, the time and the
//! source of random ids come in as arguments, messages and actions go out as values, so that a test can hold a
//! whole client and a whole realm in its hands and drive them without waiting.
//!
//! | module | what it holds |
//! |---|---|
//! | [`message`] | the messages of the specification, one type each |
//! | [`codec`] | frame to message and back, in each serialization format |
//! | [`payload`] | the application's arguments, kept as the bytes that came |
//! | [`id`], [`uri`], [`value`] | ids and their scopes, URIs and their rules, options and details |
//! | [`auth`] | the authentication methods, both sides |
//! | [`client`] | `ClientMachine`: a session's requests, and what outlives a lost connection |
//! | [`router`] | `RealmMachine`: broker and dealer of one realm |

#![forbid(unsafe_code)]

pub mod auth;
pub mod client;
pub mod codec;
pub mod id;
pub mod message;
pub mod payload;
pub mod reason;
pub mod router;
mod timestamp;
pub mod uri;
pub mod value;

pub use codec::{DecodeError, EncodeError, Serializer};
pub use id::{Entropy, Id, SequentialIds};
pub use message::Message;
pub use payload::Payload;
pub use timestamp::{iso8601, parse_rfc3339};
pub use value::{Dict, Value};

/// A point in time, as the driver's monotonic clock counts it from an origin of its own choice. The machines only
/// compare and add.
pub type Instant = std::time::Duration;
