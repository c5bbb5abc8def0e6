//! Out of JSON.

use serde::de::DeserializeSeed;

use super::events::{Append, Counts};
use crate::codec::sink::{Sink, Written};
use crate::codec::{EncodeError, MAX_DEPTH, json};

pub(super) fn append<S: Sink>(out: &mut Vec<u8>, slice: &[u8]) -> Written {
    let mut counts = Counts::new(|| counts(slice));
    let value = Append::<S, _, true>::new(out, &mut counts);
    json::read(slice, |json| value.deserialize(json)).map_err(|error| EncodeError(error.to_string()))
}

/// How many elements each list and dictionary has, in the order of their beginnings: the other formats say it first, JSON
/// nowhere. What is no JSON is counted somehow, and refused when it is read.
fn counts(json: &[u8]) -> Result<Vec<u64>, EncodeError> {
    let (mut counts, mut open) = (Vec::new(), Vec::new());
    let (mut at, mut before) = (0, b' ');
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = end_of_string(json, at),
            b'[' | b'{' => {
                open.push(counts.len());
                counts.push(1);
            }
            b']' | b'}' => close(&mut counts, open.pop(), before),
            b',' => close_element(&mut counts, open.last()),
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(EncodeError("nested too deeply".into()));
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
        at += 1;
    }
    Ok(counts)
}

/// Whether lists and dictionaries nest no deeper than so many levels.
pub(in crate::codec) fn is_within(json: &[u8], depth: usize) -> bool {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => at = end_of_string(json, at),
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > depth {
            return false;
        }
        at += 1;
    }
    true
}

/// Where the string that begins here has its closing quote.
fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

fn close(counts: &mut [u64], container: Option<usize>, before: u8) {
    if let (Some(container), b'[' | b'{') = (container, before) {
        counts[container] = 0;
    }
}

fn close_element(counts: &mut [u64], container: Option<&usize>) {
    if let Some(&container) = container {
        counts[container] = counts[container].saturating_add(1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_counted_before_they_are_read() {
        let json = br#" [ [ ] , {"a,[]":[1,2], "b\"]":{ }}, "x", [[null]] ] "#;
        assert_eq!(counts(json).unwrap(), [4, 0, 2, 2, 0, 1, 1]);
        assert!(counts(b"\"\\").unwrap().is_empty());
        assert!(counts(b"]],,").unwrap().is_empty());
        assert!(counts(&[b'['; 1000]).is_err());
    }
}
