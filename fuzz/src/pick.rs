//! Choices made from the fuzzer's bytes. When they are used up, each choice is the first.

use libfuzzer_sys::arbitrary::Unstructured;
use wamp_proto::{Dict, Id, Payload, Serializer, Value};

const URIS: [&str; 10] =
    ["com.a", "com.a.b", "com.a.c", "com.x.b", "com..b", "com.", "wamp.session.count", "", "a b", "com.a#"];

/// Options and details that the machines look at, with values that fit and some that do not.
const FLAGS: [&str; 12] = [
    "acknowledge",
    "exclude_me",
    "disclose_me",
    "receive_progress",
    "progress",
    "retain",
    "force_reregister",
    "get_retained",
    "forward_timeout",
    "disclose_caller",
    "progress",
    "progress",
];
const WORDS: [(&str, &str); 13] = [
    ("match", "exact"),
    ("match", "prefix"),
    ("match", "wildcard"),
    ("match", "regex"),
    ("invoke", "single"),
    ("invoke", "roundrobin"),
    ("invoke", "random"),
    ("invoke", "last"),
    ("mode", "skip"),
    ("mode", "kill"),
    ("mode", "killnowait"),
    ("ppt_scheme", "x_mine"),
    ("ppt_keyid", "mine"),
];
const LISTS: [&str; 2] = ["exclude", "eligible"];
const NAMES: [&str; 4] = ["exclude_authid", "exclude_authrole", "eligible_authid", "eligible_authrole"];

/// The choices.
pub struct Pick<'a>(Unstructured<'a>);

impl<'a> Pick<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(Unstructured::new(bytes))
    }

    /// Whether the bytes are used up.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// A number from 0 up to, and without, that one.
    pub fn number(&mut self, below: usize) -> usize {
        self.0.int_in_range(0..=below.max(1) - 1).unwrap_or(0)
    }

    /// One of these.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.number(of.len());
        of.get(at).cloned()
    }

    /// True once in so many times.
    pub fn rarely(&mut self, times: usize) -> bool {
        self.number(times) == times - 1
    }

    /// Mostly one of those seen before.
    pub fn id(&mut self, seen: &[Id]) -> Id {
        let any = if self.rarely(16) { self.0.arbitrary().unwrap_or(1) } else { self.number(6) as u64 + 1 };
        let known = if self.rarely(4) { None } else { self.one(seen) };
        known.or(Id::new(any % Id::MAX + 1)).unwrap_or_else(|| unreachable!("it is in the range"))
    }

    pub fn uri(&mut self) -> &'static str {
        let at = self.number(URIS.len());
        URIS[at]
    }

    pub fn serializer(&mut self) -> Serializer {
        let at = self.number(Serializer::ALL.len());
        Serializer::ALL[at]
    }

    pub fn options(&mut self, seen: &[Id]) -> Dict {
        let count = self.number(4);
        (0..count).map(|_| self.option(seen)).collect()
    }

    pub fn payload(&mut self) -> Payload {
        let serializer = self.serializer();
        let args = (!self.rarely(3)).then(|| vec![Value::from(self.number(100) as u64)]);
        let kwargs = self.rarely(3).then(|| Dict::new().with("key", true));
        Payload::from_values(serializer, args, kwargs)
    }

    /// The rest of the bytes up to some length.
    pub fn bytes(&mut self) -> Vec<u8> {
        let size = self.number(300).min(self.0.len());
        self.0.bytes(size).map(<[u8]>::to_vec).unwrap_or_default()
    }

    fn option(&mut self, seen: &[Id]) -> (&'static str, Value) {
        match self.number(6) {
            0 => self.flag(),
            1 => self.one(&WORDS).map(|(key, word)| (key, word.into())).unwrap_or_else(|| self.flag()),
            2 => (LISTS[self.number(LISTS.len())], vec![self.id(seen), self.id(seen)].into()),
            3 => (NAMES[self.number(NAMES.len())], vec!["anonymous", "peter"].into()),
            4 => ("timeout", self.timeout()),
            _ => ("my", Value::Null),
        }
    }

    fn flag(&mut self) -> (&'static str, Value) {
        (FLAGS[self.number(FLAGS.len())], (!self.rarely(4)).into())
    }

    fn timeout(&mut self) -> Value {
        match self.number(4) {
            0 => 10.into(),
            1 => 0.into(),
            2 => Value::Float(1.5),
            _ => Value::Float(1e300),
        }
    }
}
