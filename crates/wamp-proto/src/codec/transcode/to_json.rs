//! MessagePack to JSON.

use crate::codec::head::{self, Head, Problem};
use crate::codec::json::{put, put_binary, put_float};
use crate::codec::msgpack::text;
use crate::codec::{EncodeError, MAX_DEPTH};

pub(super) fn append(out: &mut Vec<u8>, mut slice: &[u8]) -> Result<(), EncodeError> {
    append_value(out, &mut slice, MAX_DEPTH)?;
    if slice.is_empty() { Ok(()) } else { Err(EncodeError("more follows after the value".into())) }
}

fn append_value(out: &mut Vec<u8>, input: &mut &[u8], depth: usize) -> Result<(), EncodeError> {
    match head::read(input).map_err(malformed)? {
        Head::Nil => put(out, &()),
        Head::Bool(value) => put(out, &value),
        Head::Int(value) => put(out, &value),
        Head::Uint(value) => put(out, &value),
        Head::Float(value) => put_float(out, value),
        Head::Str(size) => put(out, text(input, size).map_err(malformed)?),
        Head::Bin(size) => {
            put_binary(out, head::take(input, size).map_err(malformed)?);
            Ok(())
        }
        Head::Ext(_) => Err(EncodeError("JSON cannot express a MessagePack extension type".into())),
        Head::List(count) => append_list(out, input, count, depth),
        Head::Dict(count) => append_dict(out, input, count, depth),
    }
}

fn append_list(out: &mut Vec<u8>, input: &mut &[u8], count: usize, depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    out.push(b'[');
    for at in 0..count {
        separate(out, at);
        append_value(out, input, depth)?;
    }
    out.push(b']');
    Ok(())
}

fn append_dict(out: &mut Vec<u8>, input: &mut &[u8], count: usize, depth: usize) -> Result<(), EncodeError> {
    let depth = EncodeError::descend(depth)?;
    out.push(b'{');
    for at in 0..count {
        separate(out, at);
        append_key(out, input)?;
        out.push(b':');
        append_value(out, input, depth)?;
    }
    out.push(b'}');
    Ok(())
}

fn append_key(out: &mut Vec<u8>, input: &mut &[u8]) -> Result<(), EncodeError> {
    match head::read(input).map_err(malformed)? {
        Head::Str(size) => put(out, text(input, size).map_err(malformed)?),
        _ => Err(EncodeError("JSON cannot express a key that is not a string".into())),
    }
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

fn malformed(problem: Problem) -> EncodeError {
    EncodeError(problem.into())
}
