//! CBOR: heads in the fewest bytes.

pub use super::half::put_float;

const UINT: u8 = 0x00;
const NEGATIVE: u8 = 0x20;
const BYTES: u8 = 0x40;
const TEXT: u8 = 0x60;
const LIST: u8 = 0x80;
const DICT: u8 = 0xa0;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Writes null.
pub fn put_null(out: &mut Vec<u8>) {
    out.push(NULL);
}

/// Writes a boolean.
pub fn put_bool(out: &mut Vec<u8>, value: bool) {
    out.push(if value { TRUE } else { FALSE });
}

/// Writes an integer.
pub fn put_int(out: &mut Vec<u8>, value: i64) {
    match u64::try_from(value) {
        Ok(n) => put_head(out, UINT, n),
        Err(_) => put_head(out, NEGATIVE, !value as u64),
    }
}

/// Writes a non-negative integer.
pub fn put_uint(out: &mut Vec<u8>, value: u64) {
    put_head(out, UINT, value);
}

/// Writes text.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_head(out, TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Writes binary data.
pub fn put_bytes(out: &mut Vec<u8>, data: &[u8]) {
    put_head(out, BYTES, data.len() as u64);
    out.extend_from_slice(data);
}

/// Begins a list of that many items, which follow.
pub fn put_list(out: &mut Vec<u8>, count: u64) {
    put_head(out, LIST, count);
}

/// Begins a dictionary of that many keys and values, which follow in turn.
pub fn put_dict(out: &mut Vec<u8>, count: u64) {
    put_head(out, DICT, count);
}

/// Puts the head of a dictionary before members that were written already, from `start` to the end, behind one byte
/// that was kept for it.
pub fn put_dict_before(out: &mut Vec<u8>, start: usize, count: u64) {
    let mut head = Vec::new();
    match out.get_mut(start) {
        Some(byte) if count < 24 => *byte = DICT | count as u8,
        Some(_) => {
            put_dict(&mut head, count);
            out.splice(start..=start, head);
        }
        None => {}
    }
}

fn put_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    match argument {
        0..24 => out.push(major | argument as u8),
        24..=0xff => put(out, major | 24, (argument as u8).to_be_bytes()),
        0x100..=0xffff => put(out, major | 25, (argument as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => put(out, major | 26, (argument as u32).to_be_bytes()),
        _ => put(out, major | 27, argument.to_be_bytes()),
    }
}

fn put<const N: usize>(out: &mut Vec<u8>, first: u8, rest: [u8; N]) {
    out.reserve(N + 1);
    out.push(first);
    out.extend_from_slice(&rest);
}
