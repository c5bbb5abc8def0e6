//! Out of MessagePack.

use crate::codec::msgpack::head::{self, Head, Problem};
use crate::codec::msgpack::text;
use crate::codec::sink::{Sink, Written};
use crate::codec::{EncodeError, MAX_DEPTH};

pub(super) fn append<S: Sink>(out: &mut Vec<u8>, mut slice: &[u8]) -> Written {
    append_value::<S>(out, &mut slice, MAX_DEPTH)?;
    if slice.is_empty() { Ok(()) } else { Err(EncodeError("more follows after the value".into())) }
}

fn append_value<S: Sink>(out: &mut Vec<u8>, input: &mut &[u8], depth: usize) -> Written {
    match head::read(input).map_err(malformed)? {
        Head::Nil => S::null(out),
        Head::Bool(value) => S::boolean(out, value),
        Head::Int(value) => S::int(out, value)?,
        Head::Uint(value) => S::uint(out, value)?,
        Head::Float(value) => S::float(out, value)?,
        Head::Str(size) => S::payload_text(out, text(input, size).map_err(malformed)?)?,
        Head::Bin(size) => S::binary(out, head::take(input, size).map_err(malformed)?)?,
        Head::Ext(_) => return Err(EncodeError("only MessagePack has extension types".into())),
        Head::List(count) => append_list::<S>(out, input, count, depth)?,
        Head::Dict(count) => append_dict::<S>(out, input, count, depth)?,
    }
    Ok(())
}

fn append_list<S: Sink>(out: &mut Vec<u8>, input: &mut &[u8], count: usize, depth: usize) -> Written {
    let depth = EncodeError::descend(depth)?;
    S::begin_list(out, count)?;
    for at in 0..count {
        S::before_element(out, at == 0);
        append_value::<S>(out, input, depth)?;
    }
    S::end_list(out);
    Ok(())
}

fn append_dict<S: Sink>(out: &mut Vec<u8>, input: &mut &[u8], count: usize, depth: usize) -> Written {
    let depth = EncodeError::descend(depth)?;
    S::begin_dict(out, count)?;
    for at in 0..count {
        S::before_element(out, at == 0);
        append_key::<S>(out, input, depth)?;
        S::before_value(out);
        append_value::<S>(out, input, depth)?;
    }
    S::end_dict(out);
    Ok(())
}

fn append_key<S: Sink>(out: &mut Vec<u8>, input: &mut &[u8], depth: usize) -> Written {
    let mut after = *input;
    match (head::read(&mut after).map_err(malformed)?, S::TEXT_KEYS_ONLY) {
        (Head::Str(size), _) => {
            *input = after;
            S::text(out, text(input, size).map_err(malformed)?)
        }
        (_, Some(problem)) => Err(EncodeError(problem.into())),
        (_, None) => append_value::<S>(out, input, depth),
    }
}

fn malformed(problem: Problem) -> EncodeError {
    EncodeError(problem.into())
}
