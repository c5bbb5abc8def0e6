//! MessagePack (`wamp.2.msgpack`), over rmp.

use bytes::Bytes;
use bytestring::ByteString;
use rmp::encode::{self, ValueWriteError};

use super::format::{Budget, Elements, Format};
use super::head::{self, Head, Problem};
use super::skip::skip;
use super::{DecodeError, EncodeError, MAX_DEPTH, Serializer};
use crate::{Dict, Value};

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

    fn put_empty_list(out: &mut Vec<u8>) {
        out.push(0x90);
    }

    fn put_integer(out: &mut Vec<u8>, value: u64) -> Result<(), EncodeError> {
        done(encode::write_uint(out, value))
    }

    fn put_string(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
        put_text(out, text)
    }

    fn put_dict(out: &mut Vec<u8>, dict: &Dict) -> Result<(), EncodeError> {
        put_dict(out, dict, MAX_DEPTH)
    }

    fn put_value(out: &mut Vec<u8>, value: &Value) -> Result<(), EncodeError> {
        put_value(out, value, MAX_DEPTH)
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

/// Writes a text, without the 8-bit length as 0.4.1 did: readers of the format's first edition do not know it.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), EncodeError> {
    let Ok(length @ 32..=255) = u16::try_from(text.len()) else { return done(encode::write_str(out, text)) };
    out.push(0xda);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn put_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), EncodeError> {
    match value {
        Value::Null => encode::write_nil(out).map_err(failed),
        Value::Bool(value) => encode::write_bool(out, *value).map_err(failed),
        Value::Int(value) => done(encode::write_sint(out, *value)),
        Value::Uint(value) => done(encode::write_uint(out, *value)),
        Value::Float(value) => done(encode::write_f64(out, *value)),
        Value::Str(text) => put_text(out, text),
        Value::Bin(data) => done(encode::write_bin(out, data)),
        Value::List(list) => put_list(out, list, depth),
        Value::Dict(dict) => put_dict(out, dict, depth),
    }
}

fn put_list(out: &mut Vec<u8>, list: &[Value], depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    done(encode::write_array_len(out, length(list.len())?))?;
    list.iter().try_for_each(|value| put_value(out, value, depth))
}

fn put_dict(out: &mut Vec<u8>, dict: &Dict, depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    done(encode::write_map_len(out, length(dict.len())?))?;
    for (key, value) in dict.iter() {
        put_text(out, key)?;
        put_value(out, value, depth)?;
    }
    Ok(())
}

fn length(count: usize) -> Result<u32, EncodeError> {
    u32::try_from(count).map_err(|_| EncodeError("too long for MessagePack".into()))
}

pub(super) fn done<T>(written: Result<T, ValueWriteError>) -> Result<(), EncodeError> {
    written.map(|_| ()).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> EncodeError {
    EncodeError(error.to_string())
}
