//! Tickets: the client sends a secret as it is (specification: Ticket-based Authentication). Only for connections that
//! nobody can listen to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytestring::ByteString;

use super::compare::same;
use super::users::{Credentials, Users};

/// The method's name on the wire.
pub const METHOD: &str = "ticket";

/// The users by authid.
pub type Table = Users<User>;

/// One user, as the router knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The role that the user gets.
    pub role: ByteString,
    /// The ticket.
    pub ticket: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("role", &self.role).finish_non_exhaustive()
    }
}

impl Credentials for User {
    fn secret(&self) -> &[u8] {
        self.ticket.as_bytes()
    }

    type Shape = ();

    fn shape(&self) {}

    fn decoy(_model: Option<&Self>, random: [u8; 32]) -> Self {
        Self { role: ByteString::new(), ticket: URL_SAFE_NO_PAD.encode(random) }
    }
}

/// Whether that is the user's ticket.
pub(super) fn check(user: &User, ticket: &str) -> bool {
    same(user.ticket.as_bytes(), ticket.as_bytes())
}
