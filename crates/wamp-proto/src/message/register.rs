//! Registering procedures and back (specification: Registering and Unregistering).

use bytestring::ByteString;

use crate::{Dict, Id};

/// `[REGISTER, Request|id, Options|dict, Procedure|uri]`, callee to dealer.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    /// The request's id, of the session scope.
    pub request: Id,
    /// `match`: exact, prefix or wildcard; `invoke`: the policy of a shared registration.
    pub options: Dict,
    /// The procedure, or the pattern.
    pub procedure: ByteString,
}

/// `[REGISTERED, REGISTER.Request|id, Registration|id]`, dealer to callee.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The request that succeeded.
    pub request: Id,
    /// The registration's id, of the router scope.
    pub registration: Id,
}

/// `[UNREGISTER, Request|id, REGISTERED.Registration|id]`, callee to dealer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unregister {
    /// The request's id, of the session scope.
    pub request: Id,
    /// The registration to give up.
    pub registration: Id,
}

/// `[UNREGISTERED, UNREGISTER.Request|id]`, dealer to callee; with request 0 and details when the dealer revoked the
/// registration.
#[derive(Clone, Debug, PartialEq)]
pub struct Unregistered {
    /// The request that succeeded; `None` (0 on the wire) when the dealer revoked the registration by itself.
    pub request: Option<Id>,
    /// For a revocation: `registration`, `reason`.
    pub details: Dict,
}
