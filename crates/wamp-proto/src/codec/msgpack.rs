//! MessagePack (`wamp.2.msgpack`), over rmp.

pub(super) mod head;
mod skip;

use bytes::Bytes;
use bytestring::ByteString;
use rmp::encode::{self, ValueWriteError};

use super::format::{Budget, Elements, Format};
use super::sink::{Sink, Written};
use super::{DecodeError, EncodeError, Serializer};
use crate::Value;
use head::{Head, Problem};
pub(super) use skip::is_within;
use skip::skip;

pub(crate) struct MsgPack;

impl Format for MsgPack {
    const SERIALIZER: Serializer = Serializer::MsgPack;
    const EMPTY_DICT: &[u8] = b"\x80";

    fn split(frame: &[u8]) -> Result<Elements<'_>, DecodeError> {
        let mut input = frame;
        split(&mut input).and_then(|elements| whole(elements, input)).map_err(malformed)
    }

    fn integer(mut slice: &[u8]) -> Option<u64> {
        match head::read(&mut slice).ok()? {
            Head::Int(value) => u64::try_from(value).ok(),
            Head::Uint(value) => Some(value),
            Head::Float(value) => Value::Float(value).as_u64(),
            _ => None,
        }
    }

    fn string(mut slice: &[u8]) -> Option<String> {
        let Head::Str(size) = head::read(&mut slice).ok()? else { return None };
        text(&mut slice, size).ok().map(Into::into)
    }

    fn value(slice: &[u8]) -> Result<Value, DecodeError> {
        let mut input = slice;
        read_value(&mut input, &mut Budget::new()).and_then(|value| whole(value, input)).map_err(malformed)
    }

    fn open(out: &mut Vec<u8>) {
        out.push(0x90);
    }

    fn next(out: &mut Vec<u8>) {
        out[0] += 1;
    }

    fn close(_: &mut Vec<u8>) {}
}

impl Sink for MsgPack {
    const COUNTED: bool = true;
    const TEXT_KEYS_ONLY: Option<&str> = None;

    fn null(out: &mut Vec<u8>) {
        out.push(0xc0);
    }

    fn boolean(out: &mut Vec<u8>, value: bool) {
        out.push(if value { 0xc3 } else { 0xc2 });
    }

    fn int(out: &mut Vec<u8>, value: i64) -> Written {
        done(encode::write_sint(out, value))
    }

    fn uint(out: &mut Vec<u8>, value: u64) -> Written {
        done(encode::write_uint(out, value))
    }

    fn float(out: &mut Vec<u8>, value: f64) -> Written {
        done(encode::write_f64(out, value))
    }

    /// Without the 8-bit length as 0.4.1 did: readers of the format's first edition do not know it.
    fn text(out: &mut Vec<u8>, text: &str) -> Written {
        let Ok(length @ 32..=255) = u16::try_from(text.len()) else { return done(encode::write_str(out, text)) };
        out.push(0xda);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn binary(out: &mut Vec<u8>, data: &[u8]) -> Written {
        done(encode::write_bin(out, data))
    }

    fn begin_list(out: &mut Vec<u8>, count: usize) -> Written {
        done(encode::write_array_len(out, length(count)?))
    }

    fn begin_dict(out: &mut Vec<u8>, count: usize) -> Written {
        done(encode::write_map_len(out, length(count)?))
    }
}

fn split<'a>(input: &mut &'a [u8]) -> Result<Elements<'a>, Problem> {
    let Head::List(count) = head::read(input)? else { return Err("not a list") };
    let mut elements = Elements::default();
    for _ in 0..count {
        elements.push(skip(input)?);
    }
    Ok(elements)
}

fn whole<T>(value: T, rest: &[u8]) -> Result<T, Problem> {
    if rest.is_empty() { Ok(value) } else { Err("more follows after its end") }
}

fn malformed(problem: Problem) -> DecodeError {
    DecodeError::Malformed(problem.into())
}

/// Text of that many bytes.
pub(super) fn text<'a>(input: &mut &'a [u8], size: usize) -> Result<&'a str, Problem> {
    std::str::from_utf8(head::take(input, size)?).map_err(|_| "a string that is not UTF-8")
}

fn read_value(input: &mut &[u8], budget: &mut Budget) -> Result<Value, Problem> {
    budget.value()?;
    Ok(match head::read(input)? {
        Head::Nil => Value::Null,
        Head::Bool(value) => Value::Bool(value),
        Head::Int(value) => Value::Int(value),
        Head::Uint(value) => Value::Uint(value),
        Head::Float(value) => Value::Float(value),
        Head::Str(size) => text(input, size)?.into(),
        Head::Bin(size) => Value::Bin(Bytes::copy_from_slice(head::take(input, size)?)),
        Head::Ext(_) => return Err("an extension type"),
        Head::List(count) => read_list(input, count, budget)?,
        Head::Dict(count) => read_dict(input, count, budget)?,
    })
}

fn read_list(input: &mut &[u8], count: usize, budget: &mut Budget) -> Result<Value, Problem> {
    budget.enter()?;
    // The declared count is a claim, and is never allocated by itself.
    let mut list = Vec::with_capacity(count.min(16));
    for _ in 0..count {
        list.push(read_value(input, budget)?);
    }
    budget.leave();
    Ok(Value::List(list))
}

fn read_dict(input: &mut &[u8], count: usize, budget: &mut Budget) -> Result<Value, Problem> {
    budget.enter()?;
    let mut members = Vec::with_capacity(count.min(16));
    for _ in 0..count {
        members.push((read_key(input)?, read_value(input, budget)?));
    }
    budget.leave();
    Ok(Value::Dict(members.into_iter().collect()))
}

fn read_key(input: &mut &[u8]) -> Result<ByteString, Problem> {
    match head::read(input)? {
        Head::Str(size) => text(input, size).map(Into::into),
        _ => Err("a key that is not a string"),
    }
}

fn length(count: usize) -> Result<u32, EncodeError> {
    u32::try_from(count).map_err(|_| EncodeError("too long for MessagePack".into()))
}

fn done<T>(written: Result<T, ValueWriteError>) -> Written {
    written.map(|_| ()).map_err(|error| EncodeError(error.to_string()))
}
