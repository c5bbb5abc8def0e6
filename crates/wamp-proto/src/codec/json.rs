//! JSON (`wamp.2.json`), over serde_json.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::de::{Read, SliceRead};
use serde_json::value::RawValue;

use super::format::{Budget, Elements, Format};
use super::{DecodeError, EncodeError, MAX_DEPTH, Serializer};
use crate::{Dict, Value};

pub(crate) struct Json;

impl Format for Json {
    const SERIALIZER: Serializer = Serializer::Json;
    const EMPTY_DICT: &[u8] = b"{}";

    fn split(frame: &[u8]) -> Result<Elements<'_>, DecodeError> {
        let text = std::str::from_utf8(frame).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        read_all(serde_json::Deserializer::from_str(text), |json| json.deserialize_seq(Split))
    }

    fn integer(slice: &[u8]) -> Option<u64> {
        let digits = std::str::from_utf8(slice).ok()?;
        digits.parse().ok().or_else(|| Self::value(slice).ok()?.as_u64())
    }

    fn string(slice: &[u8]) -> Option<String> {
        let text = slice.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let escaped = text.contains(&b'\\');
        if escaped { serde_json::from_slice(slice).ok() } else { String::from_utf8(text.to_vec()).ok() }
    }

    fn value(slice: &[u8]) -> Result<Value, DecodeError> {
        read(slice, |json| ReadValue(&mut Budget::new()).deserialize(json))
    }

    fn open(out: &mut Vec<u8>) {
        out.push(b'[');
    }

    fn next(out: &mut Vec<u8>) {
        if out.len() > 1 {
            out.push(b',');
        }
    }

    fn close(out: &mut Vec<u8>) {
        out.push(b']');
    }

    fn put_empty_list(out: &mut Vec<u8>) {
        out.extend_from_slice(b"[]");
    }

    fn put_integer(out: &mut Vec<u8>, value: u64) -> Result<(), EncodeError> {
        put(out, &value)
    }

    fn put_string(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
        put(out, text)
    }

    fn put_dict(out: &mut Vec<u8>, dict: &Dict) -> Result<(), EncodeError> {
        put_dict(out, dict, MAX_DEPTH)
    }

    fn put_value(out: &mut Vec<u8>, value: &Value) -> Result<(), EncodeError> {
        put_value(out, value, MAX_DEPTH)
    }
}

/// Reads what fills the whole slice.
pub(super) fn read<'de, T>(
    slice: &'de [u8],
    read: impl FnOnce(&mut serde_json::Deserializer<SliceRead<'de>>) -> serde_json::Result<T>,
) -> Result<T, DecodeError> {
    read_all(serde_json::Deserializer::from_slice(slice), read)
}

fn read_all<'de, R: Read<'de>, T>(
    mut json: serde_json::Deserializer<R>,
    read: impl FnOnce(&mut serde_json::Deserializer<R>) -> serde_json::Result<T>,
) -> Result<T, DecodeError> {
    let result = read(&mut json).and_then(|value| json.end().map(|()| value));
    result.map_err(|error| DecodeError::Malformed(error.to_string()))
}

/// Cuts a list into its elements. serde_json skips undecoded values without recursion.
struct Split;

impl<'de> Visitor<'de> for Split {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Elements<'de>, A::Error> {
        let mut elements = Elements::default();
        while !elements.is_full() {
            match list.next_element::<&RawValue>()? {
                Some(raw) => elements.push(raw.get().as_bytes()),
                None => return Ok(elements),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(elements)
    }
}

struct ReadValue<'a>(&'a mut Budget);

impl<'de> DeserializeSeed<'de> for ReadValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        self.0.value().map_err(Error::custom)?;
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(binary(text).map_or_else(|| text.into(), |data| Value::Bin(data.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<Value, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let mut list = Vec::new();
        while let Some(value) = json.next_element_seed(ReadValue(self.0))? {
            list.push(value);
        }
        self.0.leave();
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<Value, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let mut members = Vec::new();
        while let Some(key) = json.next_key::<String>()? {
            members.push((key, json.next_value_seed(ReadValue(self.0))?));
        }
        self.0.leave();
        Ok(Value::Dict(members.into_iter().collect()))
    }
}

/// The data behind a string that begins with a NUL (Binary conversion of JSON Strings). A string that merely begins
/// like that, and is no Base64, stays a string.
pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.strip_prefix('\0')?).ok()
}

/// Binary data as a string.
pub(super) fn put_binary(out: &mut Vec<u8>, data: &[u8]) {
    out.extend_from_slice(br#""\u0000"#);
    out.extend_from_slice(BASE64_STANDARD.encode(data).as_bytes());
    out.push(b'"');
}

/// A finite number.
pub(super) fn put_float(out: &mut Vec<u8>, value: f64) -> Result<(), EncodeError> {
    if value.is_finite() { put(out, &value) } else { Err(EncodeError(format!("JSON cannot express {value}"))) }
}

/// A value that JSON can express.
pub(super) fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), EncodeError> {
    serde_json::to_writer(out, value).map_err(|error| EncodeError(error.to_string()))
}

fn put_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), EncodeError> {
    match value {
        Value::Null => put(out, &()),
        Value::Bool(value) => put(out, value),
        Value::Int(value) => put(out, value),
        Value::Uint(value) => put(out, value),
        Value::Float(value) => put_float(out, *value),
        Value::Str(text) => put(out, &**text),
        Value::Bin(data) => {
            put_binary(out, data);
            Ok(())
        }
        Value::List(list) => put_list(out, list, depth),
        Value::Dict(dict) => put_dict(out, dict, depth),
    }
}

fn put_list(out: &mut Vec<u8>, list: &[Value], depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    out.push(b'[');
    for (at, value) in list.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put_value(out, value, depth)?;
    }
    out.push(b']');
    Ok(())
}

fn put_dict(out: &mut Vec<u8>, dict: &Dict, depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    out.push(b'{');
    for (at, (key, value)) in dict.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put(out, &**key)?;
        out.push(b':');
        put_value(out, value, depth)?;
    }
    out.push(b'}');
    Ok(())
}
