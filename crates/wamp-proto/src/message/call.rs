//! Calls, from the caller through the dealer to the callee and back (specification: Calling and Invocations).

use bytestring::ByteString;

use crate::codec::{Format, Reader, Writer};
use crate::{DecodeError, Dict, Id, Payload};

/// `[CALL, Request|id, Options|dict, Procedure|uri, Arguments|list, ArgumentsKw|dict]`, caller to dealer.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The request's id, of the session scope.
    pub request: Id,
    /// `receive_progress`, `timeout` (milliseconds), `disclose_me` and more.
    pub options: Dict,
    /// The procedure to call.
    pub procedure: ByteString,
    /// The arguments.
    pub payload: Payload,
}

impl Call {
    /// The message's code.
    pub const CODE: u64 = 48;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self {
            request: r.id("Request")?,
            options: r.dict("Options")?,
            procedure: r.string("Procedure")?,
            payload: r.payload(),
        })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options).string(&self.procedure).payload(&self.payload);
    }
}

/// `[CANCEL, CALL.Request|id, Options|dict]`, caller to dealer (Advanced Profile: Call Canceling).
#[derive(Clone, Debug, PartialEq)]
pub struct Cancel {
    /// The call to cancel.
    pub request: Id,
    /// `mode`: skip, kill or killnowait.
    pub options: Dict,
}

impl Cancel {
    /// The message's code.
    pub const CODE: u64 = 49;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("CALL.Request")?, options: r.dict("Options")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options);
    }
}

/// `[RESULT, CALL.Request|id, Details|dict, YIELD.Arguments|list, YIELD.ArgumentsKw|dict]`, dealer to caller.
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult {
    /// The call that is answered.
    pub request: Id,
    /// `progress`: whether more results follow.
    pub details: Dict,
    /// The result.
    pub payload: Payload,
}

impl CallResult {
    /// The message's code.
    pub const CODE: u64 = 50;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("CALL.Request")?, details: r.optional_dict("Details")?, payload: r.payload() })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.details).payload(&self.payload);
    }
}

/// `[INVOCATION, Request|id, REGISTERED.Registration|id, Details|dict, CALL.Arguments|list, CALL.ArgumentsKw|dict]`,
/// dealer to callee.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The invocation's id, of the scope of the callee's session.
    pub request: Id,
    /// The registration that is invoked.
    pub registration: Id,
    /// `procedure` for pattern-based registrations, `caller` where disclosed, `receive_progress`, `timeout`.
    pub details: Dict,
    /// The arguments.
    pub payload: Payload,
}

impl Invocation {
    /// The message's code.
    pub const CODE: u64 = 68;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self {
            request: r.id("Request")?,
            registration: r.id("REGISTERED.Registration")?,
            details: r.dict("Details")?,
            payload: r.payload(),
        })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).id(self.registration).dict(&self.details).payload(&self.payload);
    }
}

/// `[INTERRUPT, INVOCATION.Request|id, Options|dict]`, dealer to callee (Advanced Profile: Call Canceling).
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupt {
    /// The invocation to stop.
    pub request: Id,
    /// `mode`: kill or killnowait; `reason`.
    pub options: Dict,
}

impl Interrupt {
    /// The message's code.
    pub const CODE: u64 = 69;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("INVOCATION.Request")?, options: r.dict("Options")? })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options);
    }
}

/// `[YIELD, INVOCATION.Request|id, Options|dict, Arguments|list, ArgumentsKw|dict]`, callee to dealer.
#[derive(Clone, Debug, PartialEq)]
pub struct Yield {
    /// The invocation that is answered.
    pub request: Id,
    /// `progress`: whether more results follow.
    pub options: Dict,
    /// The result.
    pub payload: Payload,
}

impl Yield {
    /// The message's code.
    pub const CODE: u64 = 70;

    pub(super) fn read<F: Format>(r: &mut Reader<'_, F>) -> Result<Self, DecodeError> {
        Ok(Self { request: r.id("INVOCATION.Request")?, options: r.dict("Options")?, payload: r.payload() })
    }

    pub(super) fn write<F: Format>(&self, w: &mut Writer<F>) {
        w.id(self.request).dict(&self.options).payload(&self.payload);
    }
}
