//! A call of a meta procedure, and what it asks for.

use bytes::Bytes;
use bytestring::ByteString;

use super::super::refusal::Refusal;
use crate::{DecodeError, Dict, Id, Instant, Payload, Serializer, Value, reason};

/// Who calls a procedure of the router, when, and with what.
pub(super) struct MetaCall {
    pub(super) caller: Id,
    pub(super) now: Instant,
    pub(super) serializer: Serializer,
    /// Undecoded: some are payloads.
    args: Vec<Bytes>,
    kwargs: Dict,
}

impl MetaCall {
    /// # Errors
    /// `wamp.error.invalid_argument`, as with everything here, for arguments that no meta procedure can take.
    pub(super) fn read(caller: Id, payload: &Payload, now: Instant) -> Result<Self, Refusal> {
        let serializer = payload.serializer;
        let args = payload.args.as_ref().map(|args| serializer.first_elements(args)).transpose().map_err(unreadable)?;
        let kwargs = payload.kwargs.as_deref().map(|kwargs| serializer.read_value(kwargs)).transpose();
        let kwargs = match kwargs.map_err(unreadable)? {
            None => Dict::new(),
            Some(Value::Dict(kwargs)) => kwargs,
            Some(_) => return Err(invalid("the keyword arguments are not a dictionary")),
        };
        Ok(Self { caller, now, serializer, args: args.unwrap_or_default(), kwargs })
    }

    /// A result of these values, in the caller's own format.
    pub(super) fn result(&self, args: Vec<Value>) -> Payload {
        Payload::from_values(self.serializer, Some(args), None)
    }

    /// A result without values.
    pub(super) const fn nothing(&self) -> Payload {
        Payload::empty(self.serializer)
    }

    /// The positional argument at that place. Null counts as absent.
    fn arg(&self, at: usize) -> Result<Option<Value>, Refusal> {
        let value = self.args.get(at).map(|slice| self.serializer.read_value(slice)).transpose().map_err(unreadable)?;
        Ok(value.filter(|value| *value != Value::Null))
    }

    /// The positional argument at that place, which must be an id.
    pub(super) fn id(&self, at: usize, name: &str) -> Result<Id, Refusal> {
        let id = self.arg(at)?.as_ref().and_then(Value::as_u64).and_then(Id::new);
        id.ok_or_else(|| invalid(&format!("the argument {name} is not an id")))
    }

    /// The positional argument at that place, which must be a string.
    pub(super) fn string(&self, at: usize, name: &str) -> Result<ByteString, Refusal> {
        let string = self.arg(at)?.as_ref().and_then(Value::as_str).cloned();
        string.ok_or_else(|| invalid(&format!("the argument {name} is not a string")))
    }

    /// The dictionary at that place; an empty one where there is none.
    pub(super) fn dict(&self, at: usize, name: &str) -> Result<Dict, Refusal> {
        let Some(value) = self.arg(at)? else { return Ok(Dict::new()) };
        dict(&value).ok_or_else(|| invalid(&format!("the argument {name} is not a dictionary")))
    }

    /// The list at the one place and the dictionary at the other as arguments of a message to others: the bytes that the
    /// caller has written.
    pub(super) fn payload(&self, args: (usize, &str), kwargs: (usize, &str)) -> Result<Payload, Refusal> {
        let written = |at: usize, is_right: fn(Serializer, &[u8]) -> bool| {
            self.args.get(at).filter(|slice| is_right(self.serializer, slice)).cloned()
        };
        let is_empty = |dict: &Bytes| self.serializer.read_value(dict) == Ok(Value::Dict(Dict::new()));
        let dict = written(kwargs.0, Serializer::is_dict).filter(|dict| !is_empty(dict));
        let list = written(args.0, Serializer::is_list);
        if dict.is_none() {
            self.dict(kwargs.0, kwargs.1)?;
        }
        if list.is_none() {
            self.check_list(args.0, args.1)?;
        }
        // Keyword arguments cannot stand alone.
        let list = list.or_else(|| dict.is_some().then(|| self.serializer.write_value(&Value::List(Vec::new()))));
        Ok(Payload { serializer: self.serializer, args: list, kwargs: dict }.detached())
    }

    /// A list, if there is anything.
    fn check_list(&self, at: usize, name: &str) -> Result<(), Refusal> {
        let is_list = self.arg(at)?.is_none_or(|value| list(&value).is_some());
        if is_list { Ok(()) } else { Err(invalid(&format!("the argument {name} is not a list"))) }
    }

    /// The keyword argument of that name, as the options of such a message; none at all where it is not there.
    pub(super) fn options_of(&self, message: &'static str, name: &str) -> Result<Dict, Refusal> {
        let Some(value) = self.kwargs.get(name) else { return Ok(Dict::new()) };
        let options = dict(value).ok_or_else(|| invalid(&format!("the argument {name} is not a dictionary")));
        let mut options = options?;
        self.serializer.check_members(message, &mut options).map_err(unreadable)?;
        Ok(options)
    }

    /// The keyword argument of that name, a positive integer if it is there.
    pub(super) fn option_id(&self, name: &str) -> Result<Option<Id>, Refusal> {
        let Some(value) = self.kwargs.get(name) else { return Ok(None) };
        let id = value.as_u64().and_then(Id::new).map(Some);
        id.ok_or_else(|| invalid(&format!("the argument {name} is not a positive integer")))
    }

    /// The keyword argument of that name; false where it is not there.
    pub(super) fn option_bool(&self, name: &str) -> Result<bool, Refusal> {
        let Some(value) = self.kwargs.get(name) else { return Ok(false) };
        value.as_bool().ok_or_else(|| invalid(&format!("the argument {name} is not a boolean")))
    }

    /// The keyword argument of that name, a string if it is there.
    pub(super) fn option_string(&self, name: &str) -> Result<Option<ByteString>, Refusal> {
        let Some(value) = self.kwargs.get(name) else { return Ok(None) };
        let string = value.as_str().cloned().map(Some);
        string.ok_or_else(|| invalid(&format!("the argument {name} is not a string")))
    }

    /// The list of strings at that place, if there is one.
    pub(super) fn strings(&self, at: usize, name: &str) -> Result<Option<Vec<ByteString>>, Refusal> {
        let Some(value) = self.arg(at)? else { return Ok(None) };
        let strings = list(&value).and_then(|list| list.iter().map(|value| value.as_str().cloned()).collect());
        strings.map(Some).ok_or_else(|| invalid(&format!("the argument {name} is not a list of strings")))
    }
}

/// Languages with one kind of table for both write an empty one as either.
fn dict(value: &Value) -> Option<Dict> {
    match value {
        Value::List(list) if list.is_empty() => Some(Dict::new()),
        other => other.as_dict().cloned(),
    }
}

/// Likewise.
fn list(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Dict(dict) if dict.is_empty() => Some(Vec::new()),
        other => other.as_list().map(<[Value]>::to_vec),
    }
}

fn unreadable(error: DecodeError) -> Refusal {
    invalid(&error.to_string())
}

pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::new(reason::INVALID_ARGUMENT, message)
}
