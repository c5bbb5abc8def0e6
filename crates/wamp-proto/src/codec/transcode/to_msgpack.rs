//! JSON to MessagePack.

use std::fmt;

use rmp::encode;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::codec::json::{self, binary};
use crate::codec::msgpack::{done, put_text};
use crate::codec::{EncodeError, MAX_DEPTH};

pub(super) fn append(out: &mut Vec<u8>, slice: &[u8]) -> Result<(), EncodeError> {
    let mut counts = counts(slice)?.into_iter();
    let value = Append { out, counts: &mut counts };
    json::read(slice, |json| value.deserialize(json)).map_err(|error| EncodeError(error.to_string()))
}

/// How many elements each list and dictionary has, in the order of their beginnings: MessagePack says it first, JSON
/// nowhere. What is no JSON is counted somehow, and refused when it is read.
fn counts(json: &[u8]) -> Result<Vec<u32>, EncodeError> {
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

fn close(counts: &mut [u32], container: Option<usize>, before: u8) {
    if let (Some(container), b'[' | b'{') = (container, before) {
        counts[container] = 0;
    }
}

fn close_element(counts: &mut [u32], container: Option<&usize>) {
    if let Some(&container) = container {
        counts[container] = counts[container].saturating_add(1);
    }
}

struct Append<'a> {
    out: &'a mut Vec<u8>,
    counts: &'a mut std::vec::IntoIter<u32>,
}

impl Append<'_> {
    fn inner(&mut self) -> Append<'_> {
        Append { out: self.out, counts: self.counts }
    }

    fn count<E: Error>(&mut self) -> Result<u32, E> {
        self.counts.next().ok_or_else(|| E::custom("a list without its end"))
    }
}

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        encode::write_nil(self.out).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        encode::write_bool(self.out, value).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        done(encode::write_sint(self.out, value)).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        done(encode::write_uint(self.out, value)).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        done(encode::write_f64(self.out, value)).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match binary(text) {
            Some(data) => done(encode::write_bin(self.out, &data)).map_err(E::custom),
            None => put_text(self.out, text).map_err(E::custom),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut json: A) -> Result<(), A::Error> {
        let count = self.count()?;
        done(encode::write_array_len(self.out, count)).map_err(A::Error::custom)?;
        while json.next_element_seed(self.inner())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut json: A) -> Result<(), A::Error> {
        let count = self.count()?;
        done(encode::write_map_len(self.out, count)).map_err(A::Error::custom)?;
        while json.next_key_seed(Key(self.out))?.is_some() {
            json.next_value_seed(self.inner())?;
        }
        Ok(())
    }
}

/// Keys stay text, whatever they begin with.
struct Key<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        put_text(self.0, text).map_err(E::custom)
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
