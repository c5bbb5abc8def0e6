//! CBOR: integers as byte strings (RFC 8949, section 3.4.3).

use super::head::{self, Head, Problem};
use super::string;

const POSITIVE: u64 = 2;
const NEGATIVE: u64 = 3;
const BYTE_STRING: u8 = 2;

/// Whether that tag makes an integer of what follows.
pub(super) fn is_bignum(tag: u64, input: &[u8]) -> bool {
    matches!(tag, POSITIVE | NEGATIVE) && input.first().is_some_and(|byte| byte >> 5 == BYTE_STRING)
}

/// The number behind the tag: an integer within 64 bits, beyond them the nearest float, which is also what becomes of
/// such a number in JSON.
pub(super) fn read(tag: u64, input: &mut &[u8]) -> Result<Head, Problem> {
    let Head::Bytes(size) = head::read(input)? else { return Err("a bignum that is no byte string") };
    let bytes = string::bytes(input, size)?;
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let digits = &bytes[zeros..];
    if digits.len() > 8 {
        return float(tag == NEGATIVE, digits).map(Head::Float);
    }
    let n = integer(digits);
    Ok(if tag == POSITIVE { Head::Uint(n) } else { Head::Negative(n) })
}

fn integer(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// The float nearest to n, or to -1 - n. The first eight bytes hold more bits than a float does; of the others it only
/// matters whether there is anything.
fn float(negative: bool, digits: &[u8]) -> Result<f64, Problem> {
    const OUT_OF_RANGE: Problem = "a number out of range";
    const EXPONENT_OF_ONE: u64 = 1023;
    let (first, rest) = digits.split_at(8);
    let scale = u64::try_from(rest.len()).ok().filter(|&bytes| bytes <= 120).ok_or(OUT_OF_RANGE)? * 8;
    let first = u128::from(integer(first));
    let first = match negative {
        true if rest.iter().all(|&byte| byte == 0xff) => first + 1,
        true => first | 1,
        false => first | u128::from(rest.iter().any(|&byte| byte != 0)),
    };
    let float = first as f64 * f64::from_bits((EXPONENT_OF_ONE + scale) << 52);
    if float.is_finite() { Ok(if negative { -float } else { float }) } else { Err(OUT_OF_RANGE) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn number(tag: u64, bytes: &[u8]) -> Result<Head, Problem> {
        let input = [&[0x59, (bytes.len() >> 8) as u8, bytes.len() as u8], bytes].concat();
        assert!(is_bignum(tag, &input));
        read(tag, &mut input.as_slice())
    }

    #[test]
    fn small_ones_are_integers() {
        assert_eq!(number(POSITIVE, b""), Ok(Head::Uint(0)));
        assert_eq!(number(NEGATIVE, b"\0\0\x01"), Ok(Head::Negative(1)));
        assert_eq!(number(POSITIVE, b"\0\xff\xff\xff\xff\xff\xff\xff\xff"), Ok(Head::Uint(u64::MAX)));
    }

    #[test]
    fn the_others_are_the_nearest_float() {
        let two_to_the = |n: i32| 2_f64.powi(n);
        let ulp = two_to_the(72 - 52);
        // Half of a unit in the last place rounds to even, a bit more rounds up.
        let mut tie = *b"\x01\0\0\0\0\0\0\x08\0\0";
        assert_eq!(number(POSITIVE, &tie), Ok(Head::Float(two_to_the(72))));
        assert_eq!(number(NEGATIVE, &tie), Ok(Head::Float(-two_to_the(72) - ulp)));
        tie[9] = 1;
        assert_eq!(number(POSITIVE, &tie), Ok(Head::Float(two_to_the(72) + ulp)));
        assert_eq!(number(NEGATIVE, &[0xff; 9]), Ok(Head::Float(-two_to_the(72))));
        assert_eq!(number(NEGATIVE, b"\x01\0\0\0\0\0\0\x07\xff\xff"), Ok(Head::Float(-two_to_the(72))));
    }

    #[test]
    fn those_beyond_any_float_are_refused() {
        let largest = [&[0xff; 6][..], &[0xf8], &[0; 121]].concat();
        assert_eq!(number(POSITIVE, &largest), Ok(Head::Float(f64::MAX)));
        assert!(number(POSITIVE, &[0xff; 128]).is_err());
        assert!(number(NEGATIVE, &[1; 129]).is_err());
        assert!(number(NEGATIVE, &[1; 4000]).is_err());
    }
}
