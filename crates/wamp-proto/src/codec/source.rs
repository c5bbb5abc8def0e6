//! A [`Value`] from serde's events.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::format::Budget;
use super::json::binary;
use crate::Value;

/// Reads a value. In JSON, binary data is in strings.
pub(super) struct ReadValue<'a, const JSON: bool>(pub(super) &'a mut Budget);

impl<'de, const JSON: bool> DeserializeSeed<'de> for ReadValue<'_, JSON> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.0.value().map_err(Error::custom)?;
        reader.deserialize_any(self)
    }
}

impl<'de, const JSON: bool> Visitor<'de> for ReadValue<'_, JSON> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let data = if JSON { binary(text) } else { None };
        Ok(data.map_or_else(|| text.into(), |data| Value::Bin(data.into())))
    }

    fn visit_bytes<E>(self, data: &[u8]) -> Result<Value, E> {
        Ok(Value::Bin(Bytes::copy_from_slice(data)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let mut list = Vec::new();
        while let Some(value) = reader.next_element_seed(ReadValue::<JSON>(self.0))? {
            list.push(value);
        }
        self.0.leave();
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        self.0.enter().map_err(Error::custom)?;
        let mut members = Vec::new();
        while let Some(key) = reader.next_key_seed(Key)? {
            members.push((key, reader.next_value_seed(ReadValue::<JSON>(self.0))?));
        }
        self.0.leave();
        Ok(Value::Dict(members.into_iter().collect()))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = ByteString;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<ByteString, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = ByteString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<ByteString, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<ByteString, E> {
        Ok(text.into())
    }
}
