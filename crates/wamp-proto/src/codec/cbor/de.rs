//! CBOR to serde's events.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::head::{self, Head, Problem};
use super::skip::skip;
use super::string;

/// Why bytes are not an item that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Cow<'static, str>);

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string().into())
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(problem.into())
    }
}

/// Reads items off a slice. Strings in one piece are borrowed, and nothing is allocated for them: a visitor that is left
/// by a jump loses no memory, but for a string in pieces.
///
/// Tags are skipped, but for bignums. Integers beyond 64 bits are the nearest float, undefined is a unit as null is, and
/// simple values are errors. Lists and dictionaries of definite length tell it as their hint.
#[derive(Debug)]
pub struct Deserializer<'de> {
    input: &'de [u8],
    levels: usize,
}

impl<'de> Deserializer<'de> {
    /// Of that slice, in which lists and dictionaries may nest so deep.
    #[must_use]
    pub const fn new(input: &'de [u8], levels: usize) -> Self {
        Self { input, levels }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&self) -> Result<(), Error> {
        if self.input.is_empty() { Ok(()) } else { Err("more follows after its end".into()) }
    }

    fn text<V: Visitor<'de>>(&mut self, size: Option<usize>, visitor: V) -> Result<V::Value, Error> {
        match string::text(&mut self.input, size)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn bytes<V: Visitor<'de>>(&mut self, size: Option<usize>, visitor: V) -> Result<V::Value, Error> {
        match string::bytes(&mut self.input, size)? {
            Cow::Borrowed(data) => visitor.visit_borrowed_bytes(data),
            Cow::Owned(data) => visitor.visit_byte_buf(data),
        }
    }

    /// Reads what is inside of a list or dictionary, all of it.
    fn inside<T>(
        &mut self,
        left: Option<usize>,
        read: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.levels = self.levels.checked_sub(1).ok_or("nested too deeply")?;
        let mut items = Items { reader: self, left };
        let value = read(&mut items)?;
        if items.more() {
            return Err("a longer list or dictionary than expected".into());
        }
        self.levels += 1;
        Ok(value)
    }
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match head::read_untagged(&mut self.input)? {
            Head::Null => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Uint(n) => match i64::try_from(n) {
                Ok(n) => visitor.visit_i64(n),
                Err(_) => visitor.visit_u64(n),
            },
            Head::Negative(n) => match i64::try_from(n) {
                Ok(n) => visitor.visit_i64(!n),
                Err(_) => visitor.visit_f64(-((u128::from(n) + 1) as f64)),
            },
            Head::Float(value) => visitor.visit_f64(value),
            Head::Text(size) => self.text(size, visitor),
            Head::Bytes(size) => self.bytes(size, visitor),
            Head::List(count) => self.inside(count, |items| visitor.visit_seq(items)),
            Head::Dict(count) => self.inside(count, |items| visitor.visit_map(items)),
            Head::Simple => Err("a simple value".into()),
            Head::Tag(_) => Err("a tag".into()),
            Head::Break => Err("an end of what has not begun".into()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut ahead = self.input;
        if head::read_untagged(&mut ahead)? != Head::Null {
            return visitor.visit_some(self);
        }
        self.input = ahead;
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        skip(&mut self.input)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

/// The items of a list or dictionary; how many are left is unknown where its length is indefinite.
struct Items<'a, 'de> {
    reader: &'a mut Deserializer<'de>,
    left: Option<usize>,
}

impl Items<'_, '_> {
    /// Whether there is one more element, which counts as taken.
    fn more(&mut self) -> bool {
        match &mut self.left {
            Some(0) => return false,
            Some(left) => *left -= 1,
            None if head::ends(&mut self.reader.input) => {
                self.left = Some(0);
                return false;
            }
            None => {}
        }
        true
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.more() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.more() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}
