//! How each format writes single values. The walk over the stack, [`super::encode`], is the same for all.

use super::plain::is_plain;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use wamp_proto::codec::cbor;

use super::{DOUBLES_ONLY, Number, integral};

/// What a format cannot express.
pub(crate) type Written = Result<(), &'static str>;

/// One serialization format. Lists and maps are written in pieces: what belongs before, between and after the values.
pub(crate) trait Format {
    /// Whether a key is always a string; other keys are then left out.
    const STRING_KEYS: bool;
    /// Whether a table is a list as soon as it has a first element, and whatever else it holds is left out. Otherwise
    /// nothing is left out: a table is a list when all its keys are 1 to n.
    const LISTS_BY_LENGTH: bool;
    /// Whether a table without anything inside is a list.
    const EMPTY_IS_LIST: bool;
    /// Whether a table whose mark is neither `array` nor `object` is a map, as for lua-rapidjson. Otherwise such marks
    /// mean nothing.
    const OTHER_MARKS_ARE_MAPS: bool;

    fn null(out: &mut Vec<u8>);
    fn boolean(out: &mut Vec<u8>, boolean: bool);
    fn number(out: &mut Vec<u8>, number: Number) -> Written;
    /// Text if the bytes are UTF-8, binary data otherwise.
    fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Written;

    fn begin_list(out: &mut Vec<u8>, len: usize) -> Written;
    fn before_element(out: &mut Vec<u8>, first: bool);
    fn end_list(out: &mut Vec<u8>);

    fn begin_map(out: &mut Vec<u8>);
    fn before_key(out: &mut Vec<u8>, first: bool);
    fn before_value(out: &mut Vec<u8>);
    /// `start` is where `begin_map` began, `len` what has been counted since.
    fn end_map(out: &mut Vec<u8>, start: usize, len: usize) -> Written;
}

pub(crate) struct Json;

impl Format for Json {
    const STRING_KEYS: bool = true;
    const LISTS_BY_LENGTH: bool = true;
    const EMPTY_IS_LIST: bool = false;
    const OTHER_MARKS_ARE_MAPS: bool = true;

    fn null(out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }

    fn boolean(out: &mut Vec<u8>, boolean: bool) {
        out.extend_from_slice(if boolean { b"true" } else { b"false" });
    }

    fn number(out: &mut Vec<u8>, number: Number) -> Written {
        match number {
            Number::Integer(integer) => json(out, &integer),
            Number::Float(float) => json_float(out, float),
        }
    }

    fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Written {
        if !is_plain(bytes) {
            return json_string(out, bytes);
        }
        out.reserve(bytes.len() + AFTER);
        out.push(b'"');
        out.extend_from_slice(bytes);
        out.push(b'"');
        Ok(())
    }

    fn begin_list(out: &mut Vec<u8>, _len: usize) -> Written {
        out.push(b'[');
        Ok(())
    }

    fn before_element(out: &mut Vec<u8>, first: bool) {
        if !first {
            out.push(b',');
        }
    }

    fn end_list(out: &mut Vec<u8>) {
        out.push(b']');
    }

    fn begin_map(out: &mut Vec<u8>) {
        out.push(b'{');
    }

    fn before_key(out: &mut Vec<u8>, first: bool) {
        Self::before_element(out, first);
    }

    fn before_value(out: &mut Vec<u8>) {
        out.push(b':');
    }

    fn end_map(out: &mut Vec<u8>, _start: usize, _len: usize) -> Written {
        out.push(b'}');
        Ok(())
    }
}

/// A text that would be read as binary data is written as such, so that it comes back.
fn json_string(out: &mut Vec<u8>, bytes: &[u8]) -> Written {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.strip_prefix('\0').is_none_or(|rest| BASE64_STANDARD.decode(rest).is_err()) => json(out, text),
        _ => json_binary(out, bytes),
    }
}

/// The specification's conversion: a string of NUL and the Base64 of the bytes (Binary conversion of JSON Strings).
fn json_binary(out: &mut Vec<u8>, bytes: &[u8]) -> Written {
    out.extend_from_slice(b"\"\\u0000");
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    BASE64_STANDARD.encode_slice(bytes, room).map_err(|_| "string is too long")?;
    out.push(b'"');
    Ok(())
}

/// Room for what comes after a string: long ones would be moved for their closing quote.
const AFTER: usize = 64;

fn json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Written {
    serde_json::to_writer(out, value).map_err(|_| "value cannot be written in JSON")
}

/// An integral float is written as an integer (ids must never look like `1e+15`); the others by the shortest digits that
/// read back as the same number.
fn json_float(out: &mut Vec<u8>, float: f64) -> Written {
    if let Some(integer) = integral(float) {
        return json(out, &integer);
    }
    let size = float.abs();
    match size {
        1e-5..1e16 => return json(out, &float),
        0.0..1e21 if float.fract() == 0.0 => out.extend_from_slice(format!("{float:.1}").as_bytes()),
        _ if size.is_finite() => out.extend_from_slice(format!("{float:e}").as_bytes()),
        _ => return Err("NaN and infinity cannot be written in JSON"),
    }
    Ok(())
}

pub(crate) struct MsgPack;

/// Where every number is a double, those beyond exact integers are written as such.
const INTEGERS_BELOW: u64 = if DOUBLES_ONLY { (1 << 53) - 1 } else { u64::MAX };

impl Format for MsgPack {
    const STRING_KEYS: bool = false;
    const LISTS_BY_LENGTH: bool = false;
    const EMPTY_IS_LIST: bool = true;
    const OTHER_MARKS_ARE_MAPS: bool = false;

    fn null(out: &mut Vec<u8>) {
        out.push(0xc0);
    }

    fn boolean(out: &mut Vec<u8>, boolean: bool) {
        out.push(if boolean { 0xc3 } else { 0xc2 });
    }

    fn number(out: &mut Vec<u8>, number: Number) -> Written {
        match number {
            Number::Integer(integer) if integer.unsigned_abs() < INTEGERS_BELOW => msgpack_integer(out, integer),
            Number::Integer(integer) => put(out, 0xcb, (integer as f64).to_be_bytes()),
            Number::Float(float) => put(out, 0xcb, float.to_be_bytes()),
        }
        Ok(())
    }

    fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Written {
        if !bytes.is_ascii() && std::str::from_utf8(bytes).is_err() {
            return rmp::encode::write_bin(out, bytes).map_err(|_| "string is too long");
        }
        msgpack_text(out, bytes)
    }

    fn begin_list(out: &mut Vec<u8>, len: usize) -> Written {
        let len = u32::try_from(len).map_err(|_| "table is too long")?;
        rmp::encode::write_array_len(out, len).map(|_| ()).map_err(|_| "table is too long")
    }

    fn before_element(_out: &mut Vec<u8>, _first: bool) {}

    fn end_list(_out: &mut Vec<u8>) {}

    fn begin_map(out: &mut Vec<u8>) {
        out.push(0x80);
    }

    fn before_key(_out: &mut Vec<u8>, _first: bool) {}

    fn before_value(_out: &mut Vec<u8>) {}

    /// Nobody knows how many members a table has before it was walked: the length is written last, and the rare long
    /// map moves up for it.
    fn end_map(out: &mut Vec<u8>, start: usize, len: usize) -> Written {
        let Some(head) = out.get_mut(start) else { return Ok(()) };
        match len {
            0..16 => *head = 0x80 | len as u8,
            16..0x1_0000 => {
                *head = 0xde;
                out.splice(start + 1..start + 1, (len as u16).to_be_bytes());
            }
            _ => {
                *head = 0xdf;
                let len = u32::try_from(len).map_err(|_| "table is too long")?;
                out.splice(start + 1..start + 1, len.to_be_bytes());
            }
        }
        Ok(())
    }
}

/// In all that a program can see, as MessagePack is.
pub(crate) struct Cbor;

impl Format for Cbor {
    const STRING_KEYS: bool = MsgPack::STRING_KEYS;
    const LISTS_BY_LENGTH: bool = MsgPack::LISTS_BY_LENGTH;
    const EMPTY_IS_LIST: bool = MsgPack::EMPTY_IS_LIST;
    const OTHER_MARKS_ARE_MAPS: bool = MsgPack::OTHER_MARKS_ARE_MAPS;

    fn null(out: &mut Vec<u8>) {
        cbor::put_null(out);
    }

    fn boolean(out: &mut Vec<u8>, boolean: bool) {
        cbor::put_bool(out, boolean);
    }

    fn number(out: &mut Vec<u8>, number: Number) -> Written {
        match number {
            Number::Integer(integer) if integer.unsigned_abs() < INTEGERS_BELOW => cbor::put_int(out, integer),
            Number::Integer(integer) => cbor::put_float(out, integer as f64),
            Number::Float(float) => cbor::put_float(out, float),
        }
        Ok(())
    }

    fn string(out: &mut Vec<u8>, bytes: &[u8]) -> Written {
        match std::str::from_utf8(bytes) {
            Ok(text) => cbor::put_text(out, text),
            Err(_) => cbor::put_bytes(out, bytes),
        }
        Ok(())
    }

    fn begin_list(out: &mut Vec<u8>, len: usize) -> Written {
        cbor::put_list(out, len as u64);
        Ok(())
    }

    fn before_element(_out: &mut Vec<u8>, _first: bool) {}

    fn end_list(_out: &mut Vec<u8>) {}

    fn begin_map(out: &mut Vec<u8>) {
        cbor::put_dict(out, 0);
    }

    fn before_key(_out: &mut Vec<u8>, _first: bool) {}

    fn before_value(_out: &mut Vec<u8>) {}

    fn end_map(out: &mut Vec<u8>, start: usize, len: usize) -> Written {
        cbor::put_dict_before(out, start, len as u64);
        Ok(())
    }
}

/// In as few bytes as possible.
fn msgpack_integer(out: &mut Vec<u8>, integer: i64) {
    match integer {
        -32..0x80 => out.push(integer as u8),
        0x80..=0xff => put(out, 0xcc, (integer as u8).to_be_bytes()),
        0x100..=0xffff => put(out, 0xcd, (integer as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => put(out, 0xce, (integer as u32).to_be_bytes()),
        0x1_0000_0000.. => put(out, 0xcf, integer.to_be_bytes()),
        -0x80..-32 => put(out, 0xd0, (integer as i8).to_be_bytes()),
        -0x8000..-0x80 => put(out, 0xd1, (integer as i16).to_be_bytes()),
        -0x8000_0000..-0x8000 => put(out, 0xd2, (integer as i32).to_be_bytes()),
        _ => put(out, 0xd3, integer.to_be_bytes()),
    }
}

#[inline]
fn put<const N: usize>(out: &mut Vec<u8>, mark: u8, bytes: [u8; N]) {
    out.reserve(N + 1);
    out.push(mark);
    out.extend_from_slice(&bytes);
}

/// Without the 8-bit length, as 0.4.1 wrote strings: readers of the format's first edition do not know it.
fn msgpack_text(out: &mut Vec<u8>, text: &[u8]) -> Written {
    match text.len() {
        len @ 0..32 => out.push(0xa0 | len as u8),
        len @ 32..0x1_0000 => put(out, 0xda, (len as u16).to_be_bytes()),
        len => put(out, 0xdb, u32::try_from(len).map_err(|_| "string is too long")?.to_be_bytes()),
    }
    out.extend_from_slice(text);
    Ok(())
}
