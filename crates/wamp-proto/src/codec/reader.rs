//! A message's fields, one after the other.

use std::borrow::Cow;
use std::marker::PhantomData;

use bytes::Bytes;
use bytestring::ByteString;

use super::format::{Elements, Format};
use super::{DecodeError, fields};
use crate::{Dict, Id, Payload, Value};

/// Takes the fields off a frame in order. Each field is named in the specification's words, for the error.
pub(crate) struct Reader<'a, F> {
    frame: &'a Bytes,
    elements: Elements<'a>,
    at: usize,
    message: &'static str,
    format: PhantomData<F>,
}

impl<'a, F: Format> Reader<'a, F> {
    pub(crate) fn new(frame: &'a Bytes) -> Result<Self, DecodeError> {
        let elements = F::split(frame)?;
        Ok(Self { frame, elements, at: 0, message: "message", format: PhantomData })
    }

    /// From here on errors speak of the message of that name.
    pub(crate) fn set_message(&mut self, name: &'static str) {
        self.message = name;
    }

    /// A non-negative integer.
    pub(crate) fn integer(&mut self, field: &str) -> Result<u64, DecodeError> {
        let slice = self.next(field)?;
        F::integer(slice).ok_or_else(|| self.invalid(field, "is not a non-negative integer"))
    }

    /// An id.
    pub(crate) fn id(&mut self, field: &str) -> Result<Id, DecodeError> {
        self.revocable_id(field)?.ok_or_else(|| self.invalid(field, "is not an id"))
    }

    /// An id, or 0 for none.
    pub(crate) fn revocable_id(&mut self, field: &str) -> Result<Option<Id>, DecodeError> {
        let slice = self.next(field)?;
        match F::integer(slice) {
            Some(0) => Ok(None),
            Some(n) => Id::new(n).map(Some).ok_or_else(|| self.invalid(field, "is not an id")),
            None => Err(self.invalid(field, "is not an id")),
        }
    }

    /// Text, a URI included: its rules are for the machines to enforce. Copied, so that a URI that is kept for long
    /// does not keep its frame.
    pub(crate) fn string(&mut self, field: &str) -> Result<ByteString, DecodeError> {
        let slice = self.next(field)?;
        F::string(slice).map(Into::into).ok_or_else(|| self.invalid(field, "is not a string"))
    }

    /// Options or details.
    pub(crate) fn dict(&mut self, field: &str) -> Result<Dict, DecodeError> {
        let slice = self.next(field)?;
        if slice == F::EMPTY_DICT {
            return Ok(Dict::new());
        }
        let value = F::value(slice).map_err(|error| self.invalid_value(field, error))?;
        let Some(mut dict) = into_dict(value) else { return Err(self.invalid(field, "is not a dictionary")) };
        match fields::check(self.message, &mut dict, F::SERIALIZER) {
            Ok(()) => Ok(dict),
            Err(wrong) => Err(self.invalid(&format!("{field}.{}", wrong.key), wrong.problem)),
        }
    }

    /// Options or details that may be missing.
    pub(crate) fn optional_dict(&mut self, field: &str) -> Result<Dict, DecodeError> {
        if self.elements.get(self.at).is_some() { self.dict(field) } else { Ok(Dict::new()) }
    }

    /// What is left: the arguments.
    pub(crate) fn payload(&mut self) -> Payload {
        let slice = |at| self.elements.get(at).map(|slice| self.frame.slice_ref(slice));
        Payload { serializer: F::SERIALIZER, args: slice(self.at), kwargs: slice(self.at + 1) }
    }

    fn next(&mut self, field: &str) -> Result<&'a [u8], DecodeError> {
        let slice = self.elements.get(self.at).ok_or_else(|| self.invalid(field, "is missing"))?;
        self.at += 1;
        Ok(slice)
    }

    fn invalid(&self, field: &str, problem: impl Into<Cow<'static, str>>) -> DecodeError {
        DecodeError::Invalid { message: self.message, field: field.into(), problem: problem.into() }
    }

    /// The frame's syntax is known to be right, so what is wrong is inside of this field.
    fn invalid_value(&self, field: &str, error: DecodeError) -> DecodeError {
        match error {
            DecodeError::Malformed(why) => self.invalid(field, format!("cannot be read: {why}")),
            other => other,
        }
    }
}

/// Peers whose language has one type for both write an empty dictionary as an empty list.
fn into_dict(value: Value) -> Option<Dict> {
    match value {
        Value::Dict(dict) => Some(dict),
        Value::List(list) if list.is_empty() => Some(Dict::new()),
        _ => None,
    }
}
