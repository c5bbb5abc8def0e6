//! What serde tells of a value, in another format.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::codec::EncodeError;
use crate::codec::json::binary;
use crate::codec::sink::{Sink, Written};

/// How many elements the lists and dictionaries have that do not tell it themselves, in the order of their beginnings.
/// Counted when the first one comes: most values need it never, or only in one direction.
pub(super) struct Counts<F> {
    count: F,
    counted: Option<std::vec::IntoIter<u64>>,
}

impl<F: Fn() -> Result<Vec<u64>, EncodeError>> Counts<F> {
    pub(super) const fn new(count: F) -> Self {
        Self { count, counted: None }
    }

    fn next(&mut self) -> Result<usize, EncodeError> {
        let counted = match &mut self.counted {
            Some(counted) => counted,
            none => none.insert((self.count)()?.into_iter()),
        };
        let count = counted.next().and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| EncodeError("a list without its end".into()))
    }
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Place {
    /// Alone, or behind a key.
    Value,
    Element {
        is_first: bool,
    },
    Key {
        is_first: bool,
    },
}

/// Appends what it is told. In JSON, binary data is in strings, but keys are text whatever they begin with.
pub(super) struct Append<'a, S, F, const JSON: bool> {
    out: &'a mut Vec<u8>,
    counts: &'a mut Counts<F>,
    place: Place,
    sink: PhantomData<S>,
}

impl<'a, S: Sink, F: Fn() -> Result<Vec<u64>, EncodeError>, const JSON: bool> Append<'a, S, F, JSON> {
    pub(super) const fn new(out: &'a mut Vec<u8>, counts: &'a mut Counts<F>) -> Self {
        Self { out, counts, place: Place::Value, sink: PhantomData }
    }

    fn at(&mut self, place: Place) -> Append<'_, S, F, JSON> {
        Append { out: self.out, counts: self.counts, place, sink: PhantomData }
    }

    fn count(&mut self, told: Option<usize>) -> Result<usize, EncodeError> {
        match told {
            Some(count) => Ok(count),
            None if S::COUNTED => self.counts.next(),
            None => Ok(0),
        }
    }

    /// Writes what is no text.
    fn put<E: Error>(self, write: impl FnOnce(&mut Vec<u8>) -> Written) -> Result<(), E> {
        self.may_stand_here().map_err(E::custom)?;
        write(self.out).map_err(E::custom)
    }

    fn may_stand_here(&self) -> Written {
        match (self.place, S::TEXT_KEYS_ONLY) {
            (Place::Key { .. }, Some(problem)) => Err(EncodeError(problem.into())),
            _ => Ok(()),
        }
    }

    fn put_text(self, text: &str) -> Written {
        if matches!(self.place, Place::Key { .. }) {
            return S::text(self.out, text);
        }
        match if JSON { binary(text) } else { None } {
            Some(data) => S::binary(self.out, &data),
            None => S::payload_text(self.out, text),
        }
    }
}

impl<'de, S, F, const JSON: bool> DeserializeSeed<'de> for Append<'_, S, F, JSON>
where
    S: Sink,
    F: Fn() -> Result<Vec<u64>, EncodeError>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if let Place::Element { is_first } | Place::Key { is_first } = self.place {
            S::before_element(self.out, is_first);
        }
        if JSON && matches!(self.place, Place::Key { .. }) {
            return reader.deserialize_str(self);
        }
        reader.deserialize_any(self)
    }
}

impl<'de, S, F, const JSON: bool> Visitor<'de> for Append<'_, S, F, JSON>
where
    S: Sink,
    F: Fn() -> Result<Vec<u64>, EncodeError>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(|out| {
            S::null(out);
            Ok(())
        })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.put(|out| {
            S::boolean(out, value);
            Ok(())
        })
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.put(|out| S::int(out, value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.put(|out| S::uint(out, value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.put(|out| S::float(out, value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put_text(text).map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, data: &[u8]) -> Result<(), E> {
        self.put(|out| S::binary(out, data))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.may_stand_here().map_err(A::Error::custom)?;
        let count = self.count(list.size_hint()).map_err(A::Error::custom)?;
        S::begin_list(self.out, count).map_err(A::Error::custom)?;
        let mut is_first = true;
        while list.next_element_seed(self.at(Place::Element { is_first }))?.is_some() {
            is_first = false;
        }
        S::end_list(self.out);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut dict: A) -> Result<(), A::Error> {
        self.may_stand_here().map_err(A::Error::custom)?;
        let count = self.count(dict.size_hint()).map_err(A::Error::custom)?;
        S::begin_dict(self.out, count).map_err(A::Error::custom)?;
        let mut is_first = true;
        while dict.next_key_seed(self.at(Place::Key { is_first }))?.is_some() {
            S::before_value(self.out);
            dict.next_value_seed(self.at(Place::Value))?;
            is_first = false;
        }
        S::end_dict(self.out);
        Ok(())
    }
}
