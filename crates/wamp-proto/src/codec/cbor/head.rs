//! CBOR: the first bytes of a data item, which say its type and how much follows (RFC 8949, section 3).

use super::{bignum, half};

/// What is wrong with a value.
pub(in crate::codec) type Problem = &'static str;

const ENDS: Problem = "it ends within a value";

/// What an item's first bytes say. A size is unknown where the item has an indefinite length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    /// Null, or JavaScript's undefined.
    Null,
    Bool(bool),
    /// A simple value that means nothing here.
    Simple,
    Uint(u64),
    /// The integer -1 - n.
    Negative(u64),
    Float(f64),
    /// Binary data of that many bytes.
    Bytes(Option<usize>),
    /// Text of that many bytes.
    Text(Option<usize>),
    /// A list of that many items.
    List(Option<usize>),
    /// A dictionary of that many keys and values.
    Dict(Option<usize>),
    /// One more item follows, which the tag says more about.
    Tag(u64),
    /// The end of an item of indefinite length.
    Break,
}

const BREAK: u8 = 0xff;

/// Reads one head and moves the input behind it.
pub(super) fn read(input: &mut &[u8]) -> Result<Head, Problem> {
    let [first] = take_array(input)?;
    let (major, info) = (first >> 5, first & 0x1f);
    Ok(match (major, info) {
        (7, _) => return special(info, input),
        (2, 31) => Head::Bytes(None),
        (3, 31) => Head::Text(None),
        (4, 31) => Head::List(None),
        (5, 31) => Head::Dict(None),
        (0, _) => Head::Uint(argument(info, input)?),
        (1, _) => Head::Negative(argument(info, input)?),
        (2, _) => Head::Bytes(Some(size(argument(info, input)?))),
        (3, _) => Head::Text(Some(size(argument(info, input)?))),
        (4, _) => Head::List(Some(size(argument(info, input)?))),
        (5, _) => Head::Dict(Some(size(argument(info, input)?))),
        _ => Head::Tag(argument(info, input)?),
    })
}

/// The head of an item without its tags. A bignum is its number, any other tag means nothing here.
pub(super) fn read_untagged(input: &mut &[u8]) -> Result<Head, Problem> {
    loop {
        match read(input)? {
            Head::Tag(tag) if bignum::is_bignum(tag, input) => return bignum::read(tag, input),
            Head::Tag(_) => {}
            head => return Ok(head),
        }
    }
}

fn argument(info: u8, input: &mut &[u8]) -> Result<u64, Problem> {
    Ok(match info {
        0..=23 => info.into(),
        24 => u8::from_be_bytes(take_array(input)?).into(),
        25 => u16::from_be_bytes(take_array(input)?).into(),
        26 => u32::from_be_bytes(take_array(input)?).into(),
        27 => u64::from_be_bytes(take_array(input)?),
        _ => return Err("a reserved length"),
    })
}

/// A size that memory has no room for is more than any input has left.
fn size(argument: u64) -> usize {
    usize::try_from(argument).unwrap_or(usize::MAX)
}

fn special(info: u8, input: &mut &[u8]) -> Result<Head, Problem> {
    Ok(match info {
        0..=19 => Head::Simple,
        20 => Head::Bool(false),
        21 => Head::Bool(true),
        22 | 23 => Head::Null,
        24 => match take_array(input)? {
            [0..32] => return Err("a simple value in two bytes that has one"),
            [_] => Head::Simple,
        },
        25 => float(half::to_f64(u16::from_be_bytes(take_array(input)?))),
        26 => float(f32::from_be_bytes(take_array(input)?).into()),
        27 => float(f64::from_be_bytes(take_array(input)?)),
        31 => Head::Break,
        _ => return Err("a reserved type"),
    })
}

/// All that is not a number is the same.
const fn float(value: f64) -> Head {
    Head::Float(if value.is_nan() { f64::NAN } else { value })
}

/// Takes that many bytes off the input.
pub(super) fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], Problem> {
    let (taken, rest) = input.split_at_checked(count).ok_or(ENDS)?;
    *input = rest;
    Ok(taken)
}

fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Problem> {
    let (taken, rest) = input.split_first_chunk().ok_or(ENDS)?;
    *input = rest;
    Ok(*taken)
}

/// Whether an item of indefinite length ends here; its end is taken off the input.
pub(super) fn ends(input: &mut &[u8]) -> bool {
    let rest = input.strip_prefix(&[BREAK]);
    if let Some(rest) = rest {
        *input = rest;
    }
    rest.is_some()
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn head(mut input: &[u8]) -> Result<Head, Problem> {
        read_untagged(&mut input)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (input, expected) in [
            (&b"\x17"[..], Head::Uint(23)),
            (b"\x18\x18", Head::Uint(24)),
            (b"\x1a\x00\x0f\x42\x40", Head::Uint(1_000_000)),
            (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", Head::Uint(u64::MAX)),
            (b"\xc2\x49\x01\0\0\0\0\0\0\0\0", Head::Float(18_446_744_073_709_551_616.0)),
            (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", Head::Negative(u64::MAX)),
            (b"\xc3\x49\x01\0\0\0\0\0\0\0\0", Head::Float(-18_446_744_073_709_551_617.0)),
            (b"\x38\x63", Head::Negative(99)),
            (b"\xf9\x7b\xff", Head::Float(65_504.0)),
            (b"\xfa\x47\xc3\x50\x00", Head::Float(100_000.0)),
            (b"\xfb\xc0\x10\x66\x66\x66\x66\x66\x66", Head::Float(-4.1)),
            (b"\xf9\xfc\0", Head::Float(f64::NEG_INFINITY)),
            (b"\xf4", Head::Bool(false)),
            (b"\xf5", Head::Bool(true)),
            (b"\xf6", Head::Null),
            (b"\xf7", Head::Null),
            (b"\xf0", Head::Simple),
            (b"\xf8\xff", Head::Simple),
            (b"\xc1\x1a\x51\x4b\x67\xb0", Head::Uint(1_363_896_240)),
            (b"\xd9\xd9\xf7\xd8\x20\x76", Head::Text(Some(22))),
            (b"\x5f", Head::Bytes(None)),
            (b"\x7f", Head::Text(None)),
            (b"\x98\x19", Head::List(Some(25))),
            (b"\x9f", Head::List(None)),
            (b"\xbf", Head::Dict(None)),
        ] {
            assert_eq!(head(input), Ok(expected), "{input:x?}");
        }
    }

    #[test]
    fn there_is_one_nan() {
        for input in [&b"\xf9\x7e\x00"[..], b"\xf9\xfe\x01", b"\xfa\xff\xc0\0\x01", b"\xfb\x7f\xf0\0\0\0\0\0\x01"] {
            let Ok(Head::Float(value)) = head(input) else { panic!() };
            assert_eq!(value.to_bits(), f64::NAN.to_bits());
        }
    }

    #[test]
    fn what_is_no_item() {
        for input in [
            &b""[..],
            b"\x18",
            b"\x1c",
            b"\x3f",
            b"\x5e",
            b"\xc1",
            b"\xdf",
            b"\xf8\x14",
            b"\xfc",
            b"\xfb\0",
            b"\xc2\x41",
        ] {
            assert!(head(input).is_err(), "{input:x?}");
        }
    }

    #[test]
    fn a_tag_on_what_is_no_bignum_means_nothing() {
        assert_eq!(head(b"\xc2\x05"), Ok(Head::Uint(5)));
        assert_eq!(head(b"\xc3\x60"), Ok(Head::Text(Some(0))));
    }
}
