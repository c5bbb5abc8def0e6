//! How far a session is trusted (specification: Publication Trust Levels, Call Trust Levels).

use std::collections::HashMap;
use std::net::IpAddr;

use bytestring::ByteString;

use super::accept::Identity;

/// The trust levels that a realm gives, 0 for the least. The first that applies counts: what [`Identity::trust_level`]
/// says, then the authid's, the role's, the address's, and the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustLevels {
    /// Whether the driver finds out each client's level first, for [`Identity::trust_level`].
    pub dynamic: bool,
    /// Everybody else's; `None` says nothing about them.
    pub default: Option<u64>,
    /// By authid.
    pub by_authid: HashMap<ByteString, u64>,
    /// By authrole.
    pub by_authrole: HashMap<ByteString, u64>,
    /// By the address that the client connected from.
    pub by_client_ip: HashMap<IpAddr, u64>,
}

impl TrustLevels {
    /// The level of a client that joins.
    #[must_use]
    pub fn level(&self, client: &Identity) -> Option<u64> {
        let by_address = || client.client_ip.and_then(|ip| self.by_client_ip.get(&ip.to_canonical()));
        let found = self.by_authid.get(&client.authid).or_else(|| self.by_authrole.get(&client.authrole));
        client.trust_level.or_else(|| found.or_else(by_address).copied()).or(self.default)
    }
}
