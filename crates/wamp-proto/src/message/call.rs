//! Calls, from the caller through the dealer to the callee and back (specification: Calling and Invocations).

use bytestring::ByteString;

use crate::{Dict, Id, Payload};

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

/// `[CANCEL, CALL.Request|id, Options|dict]`, caller to dealer (Advanced Profile: Call Canceling).
#[derive(Clone, Debug, PartialEq)]
pub struct Cancel {
    /// The call to cancel.
    pub request: Id,
    /// `mode`: skip, kill or killnowait.
    pub options: Dict,
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

/// `[INTERRUPT, INVOCATION.Request|id, Options|dict]`, dealer to callee (Advanced Profile: Call Canceling).
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupt {
    /// The invocation to stop.
    pub request: Id,
    /// `mode`: kill or killnowait; `reason`.
    pub options: Dict,
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
