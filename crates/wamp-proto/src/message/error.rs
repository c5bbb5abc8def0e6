//! The answer to a request that failed.

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id, Payload};

/// `[ERROR, REQUEST.Type|int, REQUEST.Request|id, Details|dict, Error|uri, Arguments|list, ArgumentsKw|dict]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    /// The message code of the request that failed, for example 48 for CALL.
    pub request_type: u64,
    /// The request's id.
    pub request: Id,
    /// Usually empty.
    pub details: Dict,
    /// What went wrong.
    pub error: ByteString,
    /// What the callee, or the router, adds.
    pub payload: Payload,
}

impl Error {
    /// The message's code.
    pub const CODE: u64 = 8;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self {
            request_type: r.integer("REQUEST.Type")?,
            request: r.id("REQUEST.Request")?,
            details: r.dict("Details")?,
            error: r.string("Error")?,
            payload: r.payload(),
        })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.integer(self.request_type).id(self.request).dict(&self.details).string(&self.error).payload(&self.payload);
    }
}
