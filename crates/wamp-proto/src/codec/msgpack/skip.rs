//! MessagePack: over a value without looking into it.

use super::head::{self, Head, Problem};

/// Takes one whole value off the input.
///
/// No recursion: it is enough to count the values that are still to come, so nesting takes no memory. Each round takes
/// a byte at least, so a huge declared length ends at the end of the input.
pub(super) fn skip<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Problem> {
    let start = *input;
    let mut left = 1_u64;
    while left > 0 {
        left -= 1;
        left = left.saturating_add(skip_head(input)?.unwrap_or(0));
    }
    Ok(&start[..start.len() - input.len()])
}

/// Whether lists and dictionaries nest no deeper than so many levels.
pub(in crate::codec) fn is_within(mut input: &[u8], depth: usize) -> Result<bool, Problem> {
    // How many values each level still has.
    let mut open = vec![1_u64];
    while let Some(left) = open.last_mut() {
        let Some(rest) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = rest;
        let Some(inside) = skip_head(&mut input)? else { continue };
        if open.len() > depth {
            return Ok(false);
        }
        open.push(inside);
    }
    Ok(true)
}

/// Skips a head and its bytes; gives how many values are inside of a list or dictionary. Small values say all in their
/// first byte.
fn skip_head(input: &mut &[u8]) -> Result<Option<u64>, Problem> {
    let (size, inside) = match input.first() {
        Some(0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3) => (1, None),
        Some(byte @ 0xa0..=0xbf) => (1 + usize::from(byte & 0x1f), None),
        Some(byte @ 0x90..=0x9f) => (1, Some(u64::from(byte & 0x0f))),
        Some(byte @ 0x80..=0x8f) => (1, Some(u64::from(byte & 0x0f) * 2)),
        _ => return skip_long_head(input),
    };
    head::take(input, size).map(|_| inside)
}

fn skip_long_head(input: &mut &[u8]) -> Result<Option<u64>, Problem> {
    match head::read(input)? {
        Head::Str(size) | Head::Bin(size) | Head::Ext(size) => head::take(input, size).map(|_| None),
        Head::List(count) => Ok(Some(count as u64)),
        Head::Dict(count) => Ok(Some(count as u64 * 2)),
        Head::Nil | Head::Bool(_) | Head::Int(_) | Head::Uint(_) | Head::Float(_) => Ok(None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_the_next_begins() {
        let mut input: &[u8] = b"\x82\xa1a\x92\x01\xc4\x02xy\xa1b\xd6\x01abcd\x2a";
        assert_eq!(skip(&mut input).unwrap().len(), 17);
        assert_eq!(input, [0x2a]);
    }

    #[test]
    fn deep_nesting_takes_no_stack() {
        let mut deep = vec![0x91; 5_000_000];
        assert!(skip(&mut deep.as_slice()).is_err());
        deep.push(0xc0);
        assert_eq!(skip(&mut deep.as_slice()).unwrap().len(), deep.len());
    }

    #[test]
    fn huge_lengths_end_with_the_input() {
        for frame in [b"\xdd\xff\xff\xff\xff\xc0", b"\xdf\xff\xff\xff\xff\xc0", b"\xdb\xff\xff\xff\xff\xc0"] {
            assert!(skip(&mut frame.as_slice()).is_err());
        }
        let nested = b"\xdf\xff\xff\xff\xff".repeat(100_000);
        assert!(skip(&mut nested.as_slice()).is_err());
    }
}
