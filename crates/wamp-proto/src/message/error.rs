//! The answer to a request that failed.

use bytestring::ByteString;

use crate::{Dict, Id, Payload};

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
