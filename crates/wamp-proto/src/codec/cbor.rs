//! CBOR (`wamp.2.cbor`, RFC 8949).
//!
//! The house's own, as the crates of the format read it into types: neither cuts a message into slices, nor looks through
//! tags and strings in pieces at any place, nor counts a list before it is read. Read is whatever is well-formed; written
//! are definite lengths and the fewest bytes, which any reader knows.

mod bignum;
mod de;
mod half;
mod head;
mod put;
mod skip;
mod string;

pub use de::{Deserializer, Error};
pub use put::{
    put_bool, put_bytes, put_dict, put_dict_before, put_float, put_int, put_list, put_null, put_text, put_uint,
};

use serde::de::DeserializeSeed;

use super::format::{Budget, Elements, Format};
use super::sink::{Sink, Written};
use super::source::ReadValue;
use super::{DecodeError, Serializer};
use crate::Value;
use head::{Head, Problem};
use skip::skip;
pub(super) use skip::{counts, is_within};

pub(crate) struct Cbor;

impl Format for Cbor {
    const SERIALIZER: Serializer = Serializer::Cbor;
    const EMPTY_DICT: &[u8] = b"\xa0";

    fn split(frame: &[u8]) -> Result<Elements<'_>, DecodeError> {
        let mut input = frame;
        split(&mut input).and_then(|elements| whole(elements, input)).map_err(malformed)
    }

    fn integer(mut slice: &[u8]) -> Option<u64> {
        match head::read_untagged(&mut slice).ok()? {
            Head::Uint(value) => Some(value),
            Head::Float(value) => Value::Float(value).as_u64(),
            _ => None,
        }
    }

    fn string(mut slice: &[u8]) -> Option<String> {
        let Head::Text(size) = head::read_untagged(&mut slice).ok()? else { return None };
        string::text(&mut slice, size).ok().map(Into::into)
    }

    fn value(slice: &[u8]) -> Result<Value, DecodeError> {
        let mut reader = reader(slice);
        let value = ReadValue::<false>(&mut Budget::new()).deserialize(&mut reader);
        value.and_then(|value| reader.end().map(|()| value)).map_err(malformed)
    }

    fn open(out: &mut Vec<u8>) {
        out.push(0x80);
    }

    fn next(out: &mut Vec<u8>) {
        out[0] += 1;
    }

    fn close(_: &mut Vec<u8>) {}
}

impl Sink for Cbor {
    const COUNTED: bool = true;
    const TEXT_KEYS_ONLY: Option<&str> = None;

    fn null(out: &mut Vec<u8>) {
        put_null(out);
    }

    fn boolean(out: &mut Vec<u8>, value: bool) {
        put_bool(out, value);
    }

    fn int(out: &mut Vec<u8>, value: i64) -> Written {
        put_int(out, value);
        Ok(())
    }

    fn uint(out: &mut Vec<u8>, value: u64) -> Written {
        put_uint(out, value);
        Ok(())
    }

    fn float(out: &mut Vec<u8>, value: f64) -> Written {
        put_float(out, value);
        Ok(())
    }

    fn text(out: &mut Vec<u8>, text: &str) -> Written {
        put_text(out, text);
        Ok(())
    }

    fn binary(out: &mut Vec<u8>, data: &[u8]) -> Written {
        put_bytes(out, data);
        Ok(())
    }

    fn begin_list(out: &mut Vec<u8>, count: usize) -> Written {
        put_list(out, count as u64);
        Ok(())
    }

    fn begin_dict(out: &mut Vec<u8>, count: usize) -> Written {
        put_dict(out, count as u64);
        Ok(())
    }
}

/// Reads as deep as values may nest.
pub(super) const fn reader(slice: &[u8]) -> Deserializer<'_> {
    Deserializer::new(slice, super::MAX_DEPTH - 1)
}

pub(super) fn is_list(mut slice: &[u8]) -> bool {
    matches!(head::read_untagged(&mut slice), Ok(Head::List(_)))
}

pub(super) fn is_dict(mut slice: &[u8]) -> bool {
    matches!(head::read_untagged(&mut slice), Ok(Head::Dict(_)))
}

fn split<'a>(input: &mut &'a [u8]) -> Result<Elements<'a>, Problem> {
    let Head::List(count) = head::read_untagged(input)? else { return Err("not a list") };
    let mut elements = Elements::default();
    match count {
        Some(count) => (0..count).try_for_each(|_| skip(input).map(|slice| elements.push(slice)))?,
        None => {
            while !head::ends(input) {
                elements.push(skip(input)?);
            }
        }
    }
    Ok(elements)
}

fn whole<T>(value: T, rest: &[u8]) -> Result<T, Problem> {
    if rest.is_empty() { Ok(value) } else { Err("more follows after its end") }
}

fn malformed(problem: impl ToString) -> DecodeError {
    DecodeError::Malformed(problem.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
