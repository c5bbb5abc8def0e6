//! Bytes to Lua values: one serde visitor for all formats, which pushes what it is told.
//!
//! Pushing can raise when memory runs out. The visitor owns nothing but strings that had to be put together, which it
//! pushes in a [`protected`] call. But `serde_json` has a buffer if the text has escapes: such a text is read in one.

use std::ffi::c_int;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use wamp_proto::Serializer;
use wamp_proto::codec::cbor;

use crate::function::Call;

use super::{DOUBLES_ONLY, MAX_DEPTH, Shared, Stack, protected};

/// Pushes the value that the bytes say; on failure, nothing.
///
/// # Errors
/// Why the bytes are not one value of the format.
pub(crate) fn decode(stack: Stack, shared: Shared, serializer: Serializer, bytes: &[u8]) -> Result<(), String> {
    match serializer {
        Serializer::Json if bytes.contains(&b'\\') => decode_escaped(stack, shared, bytes),
        Serializer::Json => {
            let mut reader = json_reader(bytes);
            attempt(stack, shared, serializer, |value| read_json(value, &mut reader))
                .map_err(|error| json_message(error.as_ref(), bytes))
        }
        Serializer::MsgPack => attempt(stack, shared, serializer, |value| read_msgpack(value, bytes))
            .map_err(|error| error.map_or_else(no_room, |error| msgpack_message(&error))),
        Serializer::Cbor => attempt(stack, shared, serializer, |value| read_cbor(value, bytes))
            .map_err(|error| error.map_or_else(no_room, |error| error.to_string())),
    }
}

/// Pushes what `read` reads; on failure, nothing. The error is none where the stack has no room.
fn attempt<E>(
    stack: Stack,
    shared: Shared,
    format: Serializer,
    read: impl FnOnce(Value) -> Result<(), E>,
) -> Result<(), Option<E>> {
    let top = stack.top();
    if !stack.reserve(8) {
        return Err(None);
    }
    shared.push_array_metatable(stack);
    shared.push_object_metatable(stack);
    shared.push_null(stack);
    let read = read(Value { stack, shared, format, array: top + 1, object: top + 2, null: top + 3, depth: 0 });
    if read.is_ok() {
        stack.replace(top + 1);
        stack.set_top(top + 1);
    } else {
        stack.set_top(top);
    }
    read.map_err(Some)
}

fn no_room() -> String {
    "no room on the Lua stack".to_owned()
}

type JsonReader<'a> = serde_json::Deserializer<serde_json::de::SliceRead<'a>>;

fn json_reader(bytes: &[u8]) -> JsonReader<'_> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.disable_recursion_limit();
    reader
}

fn read_json(value: Value, reader: &mut JsonReader<'_>) -> serde_json::Result<()> {
    value.deserialize(&mut *reader).and_then(|_may_be_key| reader.end())
}

fn decode_escaped(stack: Stack, shared: Shared, bytes: &[u8]) -> Result<(), String> {
    let (mut reader, mut read) = (json_reader(bytes), Ok(()));
    let pushed = protected::protected(stack, shared, |stack, shared| {
        read = attempt(stack, shared, Serializer::Json, |value| read_json(value, &mut reader));
        c_int::from(read.is_ok())
    });
    match pushed {
        Ok(pushed) => pushed.and_then(|_| read.map_err(|error| json_message(error.as_ref(), bytes))),
        Err(raised) => {
            drop((reader, read));
            raised.go_on(stack)
        }
    }
}

/// The message with the offset of the byte where it went wrong, as lua-rapidjson words it.
#[cold]
fn json_message(error: Option<&serde_json::Error>, bytes: &[u8]) -> String {
    let Some(error) = error else { return no_room() };
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    format!("{text} ({})", before + error.column())
}

fn read_msgpack(value: Value, bytes: &[u8]) -> Result<(), rmp_serde::decode::Error> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    value.deserialize(&mut reader)?;
    // The reader does not tell its place: what is no longer there cannot be read.
    match <()>::deserialize(&mut reader) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(()),
        _ => Err(Error::custom("extra bytes")),
    }
}

#[cold]
fn msgpack_message(error: &rmp_serde::decode::Error) -> String {
    use rmp_serde::decode::Error as E;
    match error {
        E::InvalidMarkerRead(_) | E::InvalidDataRead(_) => "missing bytes".to_owned(),
        E::TypeMismatch(rmp::Marker::Reserved) => "unpack '0xc1' is unimplemented".to_owned(),
        other => other.to_string(),
    }
}

/// What is nested too deeply is found by the visitor.
fn read_cbor(value: Value, bytes: &[u8]) -> Result<(), cbor::Error> {
    let mut reader = cbor::Deserializer::new(bytes, MAX_DEPTH + 1);
    value.deserialize(&mut reader)?;
    reader.end()
}

/// Where to push, and with what.
#[derive(Clone, Copy)]
struct Value {
    stack: Stack,
    shared: Shared,
    format: Serializer,
    /// Stack indexes: the metatable of lists, of dictionaries, and null.
    array: c_int,
    object: c_int,
    null: c_int,
    depth: usize,
}

/// Whether what was pushed may be a key: neither nil nor NaN.
type MayBeKey = bool;

/// How many values are read ahead onto the stack, to make a table of the right size at once.
const AHEAD: usize = 32;

/// The size that a table is made with when only the sender says how long it will be.
const BELIEVED: usize = 4096;

impl Value {
    /// The pusher of a container's content. Per level, at most [`AHEAD`] values, two tables and a pair are pushed.
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH || !self.stack.reserve(AHEAD + 4) {
            return Err(E::custom(format_args!("nested more than {MAX_DEPTH} levels deep")));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn push_list(self, len: usize) {
        self.stack.push_table(len, 0);
        self.stack.push_copy(self.array);
        self.stack.set_metatable(-2);
    }

    fn push_dictionary(self, len: usize) {
        self.stack.push_table(0, len);
        self.stack.push_copy(self.object);
        self.stack.set_metatable(-2);
    }

    /// Makes a list of the elements on top, in the slot below them.
    fn collect_list(self, count: usize) {
        let list = self.stack.top() - count as c_int;
        self.push_list(count);
        self.stack.replace(list);
        for at in (1..=count as i64).rev() {
            self.stack.set_element(list, at);
        }
    }

    /// Makes a dictionary of the members on top, in the slot below them. They are set in the order they came: of the
    /// same key twice, the last one stays.
    fn collect_dictionary(self, count: usize) {
        let end = self.stack.top() + 1;
        let table = end - 1 - 2 * count as c_int;
        self.push_dictionary(count);
        self.stack.replace(table);
        for key in (table + 1..end).step_by(2) {
            self.stack.push_copy(key);
            self.stack.push_copy(key + 1);
            self.stack.raw_set(table);
        }
        self.stack.set_top(table);
    }

    /// Pushes a list of which only the elements themselves tell the number.
    fn push_elements<'de, A: SeqAccess<'de>>(self, list: &mut A) -> Result<(), A::Error> {
        let mut count = 0;
        self.stack.push_nil();
        while count < AHEAD && list.next_element_seed(self)?.is_some() {
            count += 1;
        }
        self.collect_list(count);
        if count == AHEAD { self.append(list, count as i64) } else { Ok(()) }
    }

    /// Reads the elements after `count` into the list on top.
    fn append<'de, A: SeqAccess<'de>>(self, list: &mut A, mut count: i64) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {
            count += 1;
            self.stack.set_element(-2, count);
        }
        Ok(())
    }

    /// Pushes a dictionary of which only the members themselves tell the number.
    fn push_members<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<(), A::Error> {
        let mut count = 0;
        self.stack.push_nil();
        while count < AHEAD / 2 && map.next_key_seed(self)?.is_some() {
            map.next_value_seed(self)?;
            count += 1;
        }
        self.collect_dictionary(count);
        if count == AHEAD / 2 { self.add(map) } else { Ok(()) }
    }

    /// Reads the members into the dictionary on top. What cannot be a key in Lua is left out with its value.
    fn add<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<(), A::Error> {
        while let Some(may_be_key) = map.next_key_seed(self)? {
            map.next_value_seed(self)?;
            if may_be_key { self.stack.raw_set(-3) } else { self.stack.pop(2) }
        }
        Ok(())
    }

    /// Pushes a string that was in pieces.
    #[cold]
    fn push_joined(self, bytes: Vec<u8>) {
        let call = Call { stack: self.stack, shared: self.shared };
        call.push_owned(bytes, |call, bytes| call.stack.push_bytes(bytes));
    }

    /// A string that begins with NUL is binary data in Base64 if it reads as that (Binary conversion of JSON Strings).
    #[cold]
    fn push_converted(self, bytes: &[u8]) {
        let Ok(binary) = BASE64_STANDARD.decode(bytes.get(1..).unwrap_or_default()) else {
            return self.stack.push_bytes(bytes);
        };
        self.push_joined(binary);
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = MayBeKey;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<MayBeKey, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = MayBeKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<MayBeKey, E> {
        if self.format == Serializer::Json {
            self.stack.push_copy(self.null);
        } else {
            self.stack.push_nil();
        }
        Ok(false)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<MayBeKey, E> {
        self.stack.push_boolean(boolean);
        Ok(true)
    }

    fn visit_i64<E>(self, integer: i64) -> Result<MayBeKey, E> {
        self.stack.push_integer(integer);
        Ok(true)
    }

    /// Beyond the integers of Lua, MessagePack's wrap around, as 0.4.1 had them, and CBOR's do as they; JSON's become floats.
    fn visit_u64<E>(self, integer: u64) -> Result<MayBeKey, E> {
        match i64::try_from(integer) {
            Ok(integer) => self.stack.push_integer(integer),
            Err(_) if self.format == Serializer::Json || DOUBLES_ONLY => self.stack.push_number(integer as f64),
            Err(_) => self.stack.push_integer(integer as i64),
        }
        Ok(true)
    }

    fn visit_f64<E>(self, number: f64) -> Result<MayBeKey, E> {
        self.stack.push_number(number);
        Ok(!number.is_nan())
    }

    fn visit_str<E>(self, text: &str) -> Result<MayBeKey, E> {
        if self.format == Serializer::Json && text.starts_with('\0') {
            self.push_converted(text.as_bytes());
        } else {
            self.stack.push_bytes(text.as_bytes());
        }
        Ok(true)
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<MayBeKey, E> {
        self.stack.push_bytes(bytes);
        Ok(true)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<MayBeKey, E> {
        self.visit_byte_buf(text.into_bytes())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<MayBeKey, E> {
        self.push_joined(bytes);
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<MayBeKey, A::Error> {
        let inner = self.inner()?;
        match list.size_hint() {
            None => inner.push_elements(&mut list)?,
            Some(len) => {
                inner.push_list(len.min(BELIEVED));
                inner.append(&mut list, 0)?;
            }
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MayBeKey, A::Error> {
        let inner = self.inner()?;
        match map.size_hint() {
            None => inner.push_members(&mut map)?,
            Some(len) => {
                inner.push_dictionary(len.min(BELIEVED));
                inner.add(&mut map)?;
            }
        }
        Ok(true)
    }

    /// MessagePack's extension types, of which none means anything to Lua.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, extension: D) -> Result<MayBeKey, D::Error> {
        IgnoredAny::deserialize(extension)?;
        self.stack.push_nil();
        Ok(false)
    }
}
