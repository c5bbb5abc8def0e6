//! Options and details: the small dictionaries that the protocol itself reads and writes. Application data never
//! passes through here, see [`crate::payload`].

use std::collections::HashMap;

use bytes::Bytes;
use bytestring::ByteString;

/// A value inside of options or details.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON `null`, MessagePack nil, CBOR null or undefined.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits 64 signed bits.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string of UTF-8 text.
    Str(ByteString),
    /// Binary data: MessagePack `bin`, byte strings of CBOR, and in JSON the specification's `"\0"` + Base64 (Binary conversion of JSON
    /// Strings).
    Bin(Bytes),
    /// A list.
    List(Vec<Value>),
    /// A dictionary.
    Dict(Dict),
}

impl Value {
    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(b) = self { Some(*b) } else { None }
    }

    /// The non-negative integer, if it is one; `3.0` counts as 3, since JSON writers differ.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Int(i) => u64::try_from(i).ok(),
            Self::Uint(u) => Some(u),
            Self::Float(f) if f >= 0.0 && f.fract() == 0.0 && f <= 9_007_199_254_740_992.0 => Some(f as u64),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&ByteString> {
        if let Self::Str(s) = self { Some(s) } else { None }
    }

    /// The elements, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(l) = self { Some(l) } else { None }
    }

    /// The members, if it is a dictionary.
    #[must_use]
    pub fn as_dict(&self) -> Option<&Dict> {
        if let Self::Dict(d) = self { Some(d) } else { None }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        i64::try_from(n).map_or(Self::Uint(n), Self::Int)
    }
}

impl From<crate::Id> for Value {
    fn from(id: crate::Id) -> Self {
        id.get().into()
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::Str(s.into())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Str(s.into())
    }
}

impl From<ByteString> for Value {
    fn from(s: ByteString) -> Self {
        Self::Str(s)
    }
}

impl From<Dict> for Value {
    fn from(d: Dict) -> Self {
        Self::Dict(d)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// A dictionary in the order of insertion. They are small, so members are searched one by one, and an empty one
/// allocates nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict(Vec<(ByteString, Value)>);

impl Dict {
    /// An empty dictionary.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of that key. Null counts as absent: many a client sends it for an option that is not set.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v).filter(|v| **v != Value::Null)
    }

    /// Sets a member; an older value of the same key is replaced.
    pub fn insert(&mut self, key: impl Into<ByteString>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// The same dictionary with one more member, for building.
    #[must_use]
    pub fn with(mut self, key: impl Into<ByteString>, value: impl Into<Value>) -> Self {
        self.insert(key, value);
        self
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ByteString, &Value)> {
        self.0.iter().map(|(k, v)| (k, v))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&ByteString, &mut Value)> {
        self.0.iter_mut().map(|(k, v)| (&*k, v))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether that key is `true`; absent and any other value are not.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The text under that key.
    #[must_use]
    pub fn str(&self, key: &str) -> Option<&ByteString> {
        self.get(key).and_then(Value::as_str)
    }

    /// The non-negative integer under that key.
    #[must_use]
    pub fn u64(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }

    /// The dictionary under that key.
    #[must_use]
    pub fn dict(&self, key: &str) -> Option<&Dict> {
        self.get(key).and_then(Value::as_dict)
    }
}

impl<K: Into<ByteString>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(members: T) -> Self {
        let mut members: Vec<_> = members.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        if has_duplicates(&members) {
            keep_last(&mut members);
        }
        Self(members)
    }
}

/// Whether a key comes twice; it may say so of many members without looking. Comparing each with each is the fastest
/// way for a few, and would take for ever where a peer sends very many.
fn has_duplicates(members: &[(ByteString, Value)]) -> bool {
    members.len() > 32 || members.iter().enumerate().any(|(at, (key, _))| members[..at].iter().any(|(k, _)| k == key))
}

/// Removes the members whose key comes again, in linear time.
fn keep_last(members: &mut Vec<(ByteString, Value)>) {
    let last: HashMap<ByteString, usize> = members.iter().enumerate().map(|(at, (k, _))| (k.clone(), at)).collect();
    let mut at = 0;
    members.retain(|(key, _)| {
        at += 1;
        last.get(key) == Some(&(at - 1))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_keys_wins() {
        for count in [4, 1000] {
            let dict: Dict = (0..count).map(|n| (format!("k{}", n % (count / 2)), n)).collect();
            assert_eq!(dict.len() as u64, count / 2);
            assert_eq!(dict.u64("k0"), Some(count / 2));
        }
    }

    #[test]
    fn null_is_there_but_no_value() {
        let dict: Dict = [("match", Value::Null)].into_iter().collect();
        assert_eq!((dict.get("match"), dict.len()), (None, 1));
    }

    #[test]
    fn whole_numbers_count_as_integers() {
        assert_eq!(Value::Float(3.0).as_u64(), Some(3));
        assert_eq!(Value::Float(3.5).as_u64(), None);
        assert_eq!(Value::Int(-1).as_u64(), None);
        assert_eq!(Value::from(u64::MAX), Value::Uint(u64::MAX));
    }
}
