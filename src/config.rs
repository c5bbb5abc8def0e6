//! Tables of options as Rust structures. A table is read into a [`Dict`] first, then `serde` takes it apart: an option that
//! does not exist, or has the wrong type, is an error that names its path.

use std::ffi::c_int;
use std::fmt;
use std::time::Duration;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_path_to_error::{Path, Segment};
use wamp_proto::{Dict, Value};

use crate::function::{Call, Misuse};
use crate::stack::{Kind, value};

/// The table at that argument.
///
/// # Errors
/// [`Misuse`] when it is no table; inside, the path of what cannot be an option, as a function.
pub(crate) fn table(call: Call, index: c_int) -> Result<Result<Dict, String>, Misuse> {
    if call.stack.kind(index) != Kind::Table {
        return Err(call.wrong(index, "the options", "a table"));
    }
    Ok(value::dict(call.stack, call.shared, index).map_err(|failure| failure.to_string()))
}

/// The structure that the options say.
///
/// # Errors
/// What is wrong with an option, and its path.
pub(crate) fn read<T: DeserializeOwned>(options: Dict) -> Result<T, String> {
    let read = serde_path_to_error::deserialize(Source(&Value::Dict(options)));
    read.map_err(|error| match path(error.path()).as_str() {
        "" => error.inner().to_string(),
        path => format!("option '{path}': {}", error.inner()),
    })
}

/// The path as Lua would write it: lists begin at 1.
fn path(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text += &format!("[{}]", index + 1),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                text += if text.is_empty() { "" } else { "." };
                text += key;
            }
            Segment::Unknown => {}
        }
    }
    text
}

type Error = serde::de::value::Error;

/// A value to read from.
#[derive(Clone, Copy)]
struct Source<'a>(&'a Value);

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(boolean) => visitor.visit_bool(*boolean),
            Value::Int(integer) => visitor.visit_i64(*integer),
            Value::Uint(integer) => visitor.visit_u64(*integer),
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Str(text) => visitor.visit_str(text),
            Value::Bin(bytes) => visitor.visit_bytes(bytes),
            Value::List(list) => visitor.visit_seq(SeqDeserializer::new(list.iter().map(Source))),
            Value::Dict(dict) => {
                let members = dict.iter().map(|(key, value)| (&**key, Source(value)));
                visitor.visit_map(MapDeserializer::new(members))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// An empty table may be an empty list.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Dict(dict) if dict.is_empty() => visitor.visit_seq(Nothing),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Str(text) => (**text).into_deserializer().deserialize_enum(name, variants, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de> for Source<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Error;

    fn next_element_seed<T: serde::de::DeserializeSeed<'de>>(&mut self, _seed: T) -> Result<Option<T::Value>, Error> {
        Ok(None)
    }
}

/// No time limit is longer: added to a point in time it must not overflow.
const LONGEST: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// A time in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = deserializer.deserialize_any(AsNumber("a number of seconds"))?;
        if seconds < 0.0 {
            return Err(D::Error::invalid_value(Unexpected::Float(seconds), &"0 or more seconds"));
        }
        Ok(Self(Duration::from_secs_f64(seconds.min(LONGEST))))
    }
}

/// How often, how many, how large: infinity counts as the largest number there is, what is negative as 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count(pub(crate) usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsNumber("a number")).map(|number| Self(number as usize))
    }
}

/// A number from 1 to the largest of 32 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Positive(pub(crate) u32);

impl<'de> Deserialize<'de> for Positive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a number from 1 to 4294967295";
        let number = deserializer.deserialize_any(AsNumber(EXPECTED))?;
        if (1.0..=f64::from(u32::MAX)).contains(&number) {
            return Ok(Self(number as u32));
        }
        Err(D::Error::invalid_value(Unexpected::Float(number), &EXPECTED))
    }
}

/// Reads any number but NaN; says what was expected.
pub(crate) struct AsNumber(pub(crate) &'static str);

impl Visitor<'_> for AsNumber {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_i64<E>(self, integer: i64) -> Result<f64, E> {
        Ok(integer as f64)
    }

    fn visit_u64<E>(self, integer: u64) -> Result<f64, E> {
        Ok(integer as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<f64, E> {
        if number.is_nan() { Err(E::invalid_value(Unexpected::Float(number), &self)) } else { Ok(number) }
    }
}
