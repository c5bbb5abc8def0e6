//! How the single values of a format are written, and with them any [`Value`].

use super::{EncodeError, MAX_DEPTH};
use crate::{Dict, Value};

/// What has been written, or why it cannot be.
pub(super) type Written = Result<(), EncodeError>;

/// A format to write to. Lists and dictionaries are written in pieces: what belongs before, between and after the values.
pub(crate) trait Sink {
    /// Whether lists and dictionaries begin with the number of their elements.
    const COUNTED: bool;
    /// What cannot be a key, if only text can.
    const TEXT_KEYS_ONLY: Option<&str>;

    /// Null.
    fn null(out: &mut Vec<u8>);

    /// A boolean.
    fn boolean(out: &mut Vec<u8>, value: bool);

    /// An integer.
    fn int(out: &mut Vec<u8>, value: i64) -> Written;

    /// A non-negative integer.
    fn uint(out: &mut Vec<u8>, value: u64) -> Written;

    /// A number of another kind.
    fn float(out: &mut Vec<u8>, value: f64) -> Written;

    /// Text, which stays text.
    fn text(out: &mut Vec<u8>, text: &str) -> Written;

    /// Text among the application's data, of which the bytes have to arrive.
    fn payload_text(out: &mut Vec<u8>, text: &str) -> Written {
        Self::text(out, text)
    }

    /// Binary data.
    fn binary(out: &mut Vec<u8>, data: &[u8]) -> Written;

    /// Begins a list of that many elements.
    fn begin_list(out: &mut Vec<u8>, count: usize) -> Written;

    /// Begins a dictionary of that many members.
    fn begin_dict(out: &mut Vec<u8>, count: usize) -> Written;

    /// What belongs before an element, or before the key of a member.
    fn before_element(_out: &mut Vec<u8>, _is_first: bool) {}

    /// What belongs between key and value.
    fn before_value(_out: &mut Vec<u8>) {}

    /// Ends a list.
    fn end_list(_out: &mut Vec<u8>) {}

    /// Ends a dictionary.
    fn end_dict(_out: &mut Vec<u8>) {}
}

/// Writes any value.
pub(super) fn put_value<S: Sink>(out: &mut Vec<u8>, value: &Value) -> Written {
    value_within::<S>(out, value, MAX_DEPTH)
}

/// Writes a dictionary.
pub(super) fn put_dict<S: Sink>(out: &mut Vec<u8>, dict: &Dict) -> Written {
    dict_within::<S>(out, dict, MAX_DEPTH)
}

fn value_within<S: Sink>(out: &mut Vec<u8>, value: &Value, depth: usize) -> Written {
    match value {
        Value::Null => S::null(out),
        Value::Bool(value) => S::boolean(out, *value),
        Value::Int(value) => S::int(out, *value)?,
        Value::Uint(value) => S::uint(out, *value)?,
        Value::Float(value) => S::float(out, *value)?,
        Value::Str(text) => S::text(out, text)?,
        Value::Bin(data) => S::binary(out, data)?,
        Value::List(list) => list_within::<S>(out, list, depth)?,
        Value::Dict(dict) => dict_within::<S>(out, dict, depth)?,
    }
    Ok(())
}

fn list_within<S: Sink>(out: &mut Vec<u8>, list: &[Value], depth: usize) -> Written {
    let depth = EncodeError::descend(depth)?;
    S::begin_list(out, list.len())?;
    for (at, value) in list.iter().enumerate() {
        S::before_element(out, at == 0);
        value_within::<S>(out, value, depth)?;
    }
    S::end_list(out);
    Ok(())
}

fn dict_within<S: Sink>(out: &mut Vec<u8>, dict: &Dict, depth: usize) -> Written {
    let depth = EncodeError::descend(depth)?;
    S::begin_dict(out, dict.len())?;
    for (at, (key, value)) in dict.iter().enumerate() {
        S::before_element(out, at == 0);
        S::text(out, key)?;
        S::before_value(out);
        value_within::<S>(out, value, depth)?;
    }
    S::end_dict(out);
    Ok(())
}
