//! One table of options that several structures share.

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use wamp_proto::Dict;

use super::error::{Error, OptionError, unknown};
use super::read;

/// A table whose options belong to several structures: each reads its own, and none may be left over.
#[derive(Debug)]
pub struct Groups {
    left: Dict,
    known: Vec<&'static str>,
}

impl Groups {
    /// All options.
    #[must_use]
    pub const fn new(options: Dict) -> Self {
        Self { left: options, known: Vec::new() }
    }

    /// The structure whose fields are among the options.
    ///
    /// # Errors
    /// What is wrong with an option, and its path.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<T, OptionError> {
        let mut own = Dict::new();
        for name in names::<T>() {
            self.known.push(name);
            if let Some(value) = self.left.remove(name) {
                own.insert(*name, value);
            }
        }
        read(own)
    }

    /// Another name that may have been meant, of an option that is read elsewhere.
    pub fn know(&mut self, name: &'static str) {
        self.known.push(name);
    }

    /// When all structures are read.
    ///
    /// # Errors
    /// The name of an option that belongs to none of them.
    pub fn end(self) -> Result<(), OptionError> {
        match self.left.iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(OptionError::new(&**name, unknown(name, &self.known))),
        }
    }
}

/// The names of the structure's fields.
pub fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // It takes the names and reads nothing.
    let _ = T::deserialize(&mut names);
    names.0
}

struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a structure"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct tuple
        tuple_struct map identifier ignored_any seq option enum
    }
}
