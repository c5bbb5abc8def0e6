//! Two ways to say no: a request that fails, and a peer that breaks the protocol.

use bytes::Bytes;

use crate::message::{Abort, Error};
use crate::{Dict, Id, Message, Payload, Serializer, reason};

/// Why a request fails. The session goes on.
#[derive(Debug)]
pub(super) struct Refusal {
    error: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(error: &'static str, message: impl Into<String>) -> Self {
        Self { error, message: message.into() }
    }

    pub(super) fn invalid_uri(uri: &str) -> Self {
        // A wrong URI may be very long; its beginning is enough to recognize it.
        Self::new(reason::INVALID_URI, format!("invalid URI '{}'", uri.chars().take(200).collect::<String>()))
    }

    /// # Errors
    /// `wamp.error.feature_not_supported`, unless the other side supports it.
    pub(super) fn check_support(supported: bool, peer: &str, feature: &str) -> Result<(), Self> {
        let refusal = || Self::new(reason::FEATURE_NOT_SUPPORTED, format!("{peer} does not support {feature}"));
        if supported { Ok(()) } else { Err(refusal()) }
    }

    pub(super) fn answer(self, request_type: u64, request: Id) -> Message {
        let payload = text_payload(&self.message);
        Message::Error(Error { request_type, request, details: Dict::new(), error: self.error.into(), payload })
    }
}

/// `[text]` as the arguments of a message that the router itself makes.
fn text_payload(text: &str) -> Payload {
    let args = serde_json::Value::from(vec![text]).to_string();
    Payload { serializer: Serializer::Json, args: Some(Bytes::from(args)), kwargs: None }
}

/// How a peer broke the protocol. Its session ends (specification: Protocol errors).
#[derive(Debug)]
pub(super) struct Violation(String);

impl Violation {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(super) fn unannounced(message: &str, feature: &str) -> Self {
        Self(format!("{message} with {feature}, which HELLO did not announce"))
    }

    /// # Errors
    /// When the arguments are not a list, or the keyword arguments not a dictionary.
    pub(super) fn check_payload(payload: &Payload, message: &str) -> Result<(), Self> {
        if payload.is_well_formed() {
            return Ok(());
        }
        Err(Self::new(format!("{message}: the arguments are not a list, or the keyword arguments not a dictionary")))
    }

    pub(super) fn abort(self) -> Message {
        abort(reason::PROTOCOL_VIOLATION, self.0)
    }
}

/// ABORT with a text for people.
pub(super) fn abort(reason: &'static str, message: impl Into<String>) -> Message {
    Message::Abort(Abort { details: Dict::new().with("message", message.into()), reason: reason.into() })
}
