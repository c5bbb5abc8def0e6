//! CBOR: over an item without looking into it.

use super::head::{self, Head, Problem};
use super::string::skip_pieces;
use crate::codec::MAX_DEPTH;

/// Takes one whole item off the input.
///
/// No recursion: it is enough to count the items that are still to come, so definite nesting takes no memory. Each round
/// takes a byte at least, so a huge declared length ends at the end of the input. Items of indefinite length may be
/// nested in each other as deep as values may.
pub(super) fn skip<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Problem> {
    let start = *input;
    walk(input, &mut ())?;
    Ok(&start[..start.len() - input.len()])
}

/// The number of elements of each list and dictionary of indefinite length, in the order of their beginnings.
pub(in crate::codec) fn counts(mut slice: &[u8]) -> Result<Vec<u64>, Problem> {
    let mut counts = Vec::new();
    walk(&mut slice, &mut counts)?;
    Ok(counts)
}

/// Who wants to know about lists and dictionaries of indefinite length.
trait Counter {
    /// One begins; what names it when it ends.
    fn open(&mut self) -> usize;
    /// It had that many elements.
    fn close(&mut self, name: usize, elements: u64);
}

impl Counter for () {
    fn open(&mut self) -> usize {
        0
    }

    fn close(&mut self, _: usize, _: u64) {}
}

impl Counter for Vec<u64> {
    fn open(&mut self) -> usize {
        self.push(0);
        self.len() - 1
    }

    fn close(&mut self, name: usize, elements: u64) {
        self[name] = elements;
    }
}

/// A list or dictionary of indefinite length that has begun.
#[derive(Clone, Copy)]
struct Open {
    name: usize,
    is_dict: bool,
    items: u64,
    /// How many items the definite ones around it still want.
    outside: u64,
}

fn walk(input: &mut &[u8], counter: &mut impl Counter) -> Result<(), Problem> {
    let mut open: Vec<Open> = Vec::new();
    let mut left = 1_u64;
    loop {
        while left > 0 {
            left -= 1;
            match skip_head(input)? {
                Inside::Nothing => {}
                Inside::Tagged => left = left.saturating_add(1),
                Inside::Items(count) => left = left.saturating_add(count),
                Inside::Indefinite { is_dict } => {
                    if open.len() == MAX_DEPTH {
                        return Err("nested too deeply");
                    }
                    open.push(Open { name: counter.open(), is_dict, items: 0, outside: left });
                    left = 0;
                }
            }
        }
        let Some(last) = open.last_mut() else { return Ok(()) };
        if head::ends(input) {
            left = last.outside;
            counter.close(last.name, last.elements()?);
            open.pop();
        } else {
            last.items += 1;
            left = 1;
        }
    }
}

/// Whether lists and dictionaries nest no deeper than so many levels.
pub(in crate::codec) fn is_within(mut input: &[u8], depth: usize) -> Result<bool, Problem> {
    // How many items each level still has; nothing where it tells its end.
    let mut open = vec![Some(1_u64)];
    while let Some(level) = open.last_mut() {
        if level.map_or_else(|| head::ends(&mut input), |left| left == 0) {
            open.pop();
            continue;
        }
        *level = level.map(|left| left - 1);
        let inside = match skip_head(&mut input)? {
            Inside::Nothing => continue,
            Inside::Tagged => {
                *level = level.map(|left| left + 1);
                continue;
            }
            Inside::Items(count) => Some(count),
            Inside::Indefinite { .. } => None,
        };
        if open.len() > depth {
            return Ok(false);
        }
        open.push(inside);
    }
    Ok(true)
}

impl Open {
    fn elements(&self) -> Result<u64, Problem> {
        match self.is_dict {
            true if self.items % 2 == 1 => Err("a key without a value"),
            true => Ok(self.items / 2),
            false => Ok(self.items),
        }
    }
}

/// What comes before an item has ended.
enum Inside {
    Nothing,
    /// The item that the tag is for.
    Tagged,
    Items(u64),
    Indefinite {
        is_dict: bool,
    },
}

/// Skips a head and its bytes.
fn skip_head(input: &mut &[u8]) -> Result<Inside, Problem> {
    match head::read(input)? {
        Head::Bytes(Some(size)) | Head::Text(Some(size)) => head::take(input, size).map(|_| Inside::Nothing),
        Head::Bytes(None) => skip_pieces(input, false).map(|()| Inside::Nothing),
        Head::Text(None) => skip_pieces(input, true).map(|()| Inside::Nothing),
        Head::List(Some(count)) => Ok(Inside::Items(count as u64)),
        Head::Dict(Some(count)) => Ok(Inside::Items((count as u64).saturating_mul(2))),
        Head::List(None) => Ok(Inside::Indefinite { is_dict: false }),
        Head::Dict(None) => Ok(Inside::Indefinite { is_dict: true }),
        Head::Tag(_) => Ok(Inside::Tagged),
        Head::Break => Err("an end of what has not begun"),
        Head::Null | Head::Bool(_) | Head::Simple | Head::Uint(_) | Head::Negative(_) | Head::Float(_) => {
            Ok(Inside::Nothing)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_item_ends_where_the_next_begins() {
        for item in [
            &b"\xa2\x61a\x82\x01\x42xy\x61b\xd8\x40\x44abcd"[..],
            b"\x9f\x01\x82\x02\xbf\x61a\xc1\x9f\xff\xff\x5f\x41a\x42bc\xff\x7f\xff\x83\x9f\xff\x9f\xff\xa0\xff",
            b"\xc2\x5f\x41\x01\xff",
            b"\xf8\x20",
        ] {
            let more = [item, b"\x18\x2a"].concat();
            let mut input = more.as_slice();
            assert_eq!(skip(&mut input).unwrap(), item);
            assert_eq!(input, b"\x18\x2a");
            for cut in 0..item.len() {
                assert!(skip(&mut &item[..cut]).is_err(), "{cut} of {item:x?}");
            }
        }
    }

    #[test]
    fn what_is_no_item() {
        for item in [
            &b"\xff"[..],
            b"\x81\xff",
            b"\xa1\x01\xff",
            b"\xbf\x01\xff",
            b"\x9f\xc1\xff",
            b"\x5f\x61a\xff",
            b"\x7f\x41a\xff",
            b"\x5f\x5f\xff\xff",
            b"\x5f\xc1\x41a\xff",
            b"\x9f\x82\x01\xff\xff",
        ] {
            assert!(skip(&mut &*item).is_err(), "{item:x?}");
        }
    }

    #[test]
    fn deep_nesting_takes_no_stack() {
        for head in [0x81, 0xc1] {
            let mut deep = vec![head; 5_000_000];
            assert!(skip(&mut deep.as_slice()).is_err());
            deep.push(0xf6);
            assert_eq!(skip(&mut deep.as_slice()).unwrap().len(), deep.len());
        }
    }

    #[test]
    fn indefinite_nesting_has_a_bottom() {
        let deep = |n: usize| [vec![0x9f; n], vec![0xff; n]].concat();
        assert!(skip(&mut deep(MAX_DEPTH).as_slice()).is_ok());
        assert!(skip(&mut deep(MAX_DEPTH + 1).as_slice()).is_err());
        assert!(skip(&mut vec![0xbf; 5_000_000].as_slice()).is_err());
    }

    #[test]
    fn huge_lengths_end_with_the_input() {
        for first in [0x5b, 0x7b, 0x9b, 0xbb] {
            let item = [&[first][..], &[0xff; 8], b"\xf6"].concat();
            assert!(skip(&mut item.as_slice()).is_err());
        }
        let nested = b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff".repeat(100_000);
        assert!(skip(&mut nested.as_slice()).is_err());
    }

    #[test]
    fn elements_of_indefinite_lengths_are_counted() {
        let item = b"\x9f\x82\x9f\xff\xbf\x01\x02\x03\x9f\x01\xff\xff\x01\x5f\x41a\xff\xff";
        assert_eq!(counts(item).unwrap(), [3, 0, 2, 1]);
        assert!(counts(b"\x82\x01\xa0").unwrap().is_empty());
        assert!(counts(b"\x9f\x01").is_err());
    }
}
