//! Registering procedures and back (specification: Registering and Unregistering).

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id};

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

impl Register {
    /// The message's code.
    pub const CODE: u64 = 64;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("Request")?, options: r.dict("Options")?, procedure: r.string("Procedure")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options).string(&self.procedure);
    }
}

/// `[REGISTERED, REGISTER.Request|id, Registration|id]`, dealer to callee.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The request that succeeded.
    pub request: Id,
    /// The registration's id, of the router scope.
    pub registration: Id,
}

impl Registered {
    /// The message's code.
    pub const CODE: u64 = 65;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("REGISTER.Request")?, registration: r.id("Registration")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.registration);
    }
}

/// `[UNREGISTER, Request|id, REGISTERED.Registration|id]`, callee to dealer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unregister {
    /// The request's id, of the session scope.
    pub request: Id,
    /// The registration to give up.
    pub registration: Id,
}

impl Unregister {
    /// The message's code.
    pub const CODE: u64 = 66;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("Request")?, registration: r.id("REGISTERED.Registration")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.registration);
    }
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

impl Unregistered {
    /// The message's code.
    pub const CODE: u64 = 67;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        let request = r.revocable_id("UNREGISTER.Request")?;
        let details = if request.is_none() { r.optional_dict("Details")? } else { Dict::new() };
        Ok(Self { request, details })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        match self.request {
            Some(request) => w.id(request),
            None => w.integer(0).dict(&self.details),
        };
    }
}
