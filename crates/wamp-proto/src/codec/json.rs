//! JSON (`wamp.2.json`), over serde_json.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::de::{Read, SliceRead};
use serde_json::value::RawValue;

use super::format::{Budget, Elements, Format};
use super::sink::{Sink, Written};
use super::source::ReadValue;
use super::{DecodeError, EncodeError, Serializer};
use crate::Value;

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
        read(slice, |json| ReadValue::<true>(&mut Budget::new()).deserialize(json))
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
}

impl Sink for Json {
    const COUNTED: bool = false;
    const TEXT_KEYS_ONLY: Option<&str> = Some("JSON cannot express a key that is not a string");

    fn null(out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }

    fn boolean(out: &mut Vec<u8>, value: bool) {
        out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn int(out: &mut Vec<u8>, value: i64) -> Written {
        put(out, &value)
    }

    fn uint(out: &mut Vec<u8>, value: u64) -> Written {
        put(out, &value)
    }

    fn float(out: &mut Vec<u8>, value: f64) -> Written {
        if value.is_finite() { put(out, &value) } else { Err(EncodeError(format!("JSON cannot express {value}"))) }
    }

    fn text(out: &mut Vec<u8>, text: &str) -> Written {
        put(out, text)
    }

    /// Text that would be read as binary data is written as such, so that its bytes come back.
    fn payload_text(out: &mut Vec<u8>, text: &str) -> Written {
        if binary(text).is_none() { put(out, text) } else { Self::binary(out, text.as_bytes()) }
    }

    fn binary(out: &mut Vec<u8>, data: &[u8]) -> Written {
        out.extend_from_slice(br#""\u0000"#);
        out.extend_from_slice(BASE64_STANDARD.encode(data).as_bytes());
        out.push(b'"');
        Ok(())
    }

    fn begin_list(out: &mut Vec<u8>, _: usize) -> Written {
        out.push(b'[');
        Ok(())
    }

    fn begin_dict(out: &mut Vec<u8>, _: usize) -> Written {
        out.push(b'{');
        Ok(())
    }

    fn before_element(out: &mut Vec<u8>, is_first: bool) {
        if !is_first {
            out.push(b',');
        }
    }

    fn before_value(out: &mut Vec<u8>) {
        out.push(b':');
    }

    fn end_list(out: &mut Vec<u8>) {
        out.push(b']');
    }

    fn end_dict(out: &mut Vec<u8>) {
        out.push(b'}');
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

/// The data behind a string that begins with a NUL (Binary conversion of JSON Strings). A string that merely begins
/// like that, and is no Base64, stays a string.
pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text.strip_prefix('\0')?).ok()
}

fn put<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Written {
    serde_json::to_writer(out, value).map_err(|error| EncodeError(error.to_string()))
}
