//! The options that a program gives to PUBLISH and CALL, of which there are many messages: they are read from its own
//! table, once.

use std::ffi::c_int;

use bytestring::ByteString;
use wamp_proto::{Dict, Value};

use crate::function::Call;
use crate::stack::encode::Step;
use crate::stack::{Kind, value};

/// What is special about one of the two.
pub(crate) struct Rules {
    /// The router's role, and the status where it has not that one.
    pub(crate) role: (&'static str, &'static str),
    /// The options that are passed on; all others are left out.
    known: &'static [(&'static str, Wanted)],
    /// What the request says when something waits for its answer.
    awaited: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Wanted {
    Flag,
    Number,
    /// A list of numbers, or one of them; `false` is none.
    Numbers,
    Texts,
}

pub(crate) const PUBLISH: Rules = Rules {
    role: ("broker", "NO_BROKER"),
    known: &[
        ("exclude_me", Wanted::Flag),
        ("disclose_me", Wanted::Flag),
        ("exclude", Wanted::Numbers),
        ("exclude_authid", Wanted::Texts),
        ("exclude_authrole", Wanted::Texts),
        ("eligible", Wanted::Numbers),
        ("eligible_authid", Wanted::Texts),
        ("eligible_authrole", Wanted::Texts),
    ],
    awaited: Some("acknowledge"),
};

pub(crate) const CALL: Rules = Rules {
    role: ("dealer", "NO_DEALER"),
    known: &[("disclose_me", Wanted::Flag), ("receive_progress", Wanted::Flag), ("timeout", Wanted::Number)],
    awaited: None,
};

const INVALID: &str = "INVALID_PARAM";

impl Rules {
    /// The options at that index, where what is no table stands for none.
    ///
    /// # Errors
    /// The status when one has the wrong type, in whatever order they come; else what cannot be written, and where it is.
    pub(crate) fn options(&self, call: Call, index: c_int, awaited: bool) -> Result<Dict, String> {
        let mut options = Dict::new();
        if let Some(name) = self.awaited.filter(|_| awaited) {
            options.insert(ByteString::from_static(name), true);
        }
        if call.stack.kind(index) != Kind::Table {
            return Ok(options);
        }
        let (top, mut unwritable) = (call.stack.top(), None);
        call.stack.push_nil();
        while call.stack.next(index) {
            if let Some((name, wanted)) = self.find(call, top + 1) {
                match wanted.read(call, name, top + 2) {
                    Some(Ok(Some(value))) => options.insert(ByteString::from_static(name), value),
                    Some(Ok(None)) => {}
                    Some(Err(why)) => unwritable = Some(why),
                    None => {
                        call.stack.set_top(top);
                        return Err(INVALID.to_owned());
                    }
                }
            }
            call.stack.pop(1);
        }
        unwritable.map_or(Ok(options), Err)
    }

    fn find(&self, call: Call, key: c_int) -> Option<(&'static str, Wanted)> {
        if call.stack.kind(key) != Kind::String {
            return None;
        }
        let key = call.stack.bytes(key);
        self.known.iter().find(|(name, _)| name.as_bytes() == key).copied()
    }
}

impl Wanted {
    /// The value at that index, or why it cannot be written; none when it has the wrong type.
    fn read(self, call: Call, name: &'static str, index: c_int) -> Option<Result<Option<Value>, String>> {
        let given = || {
            let value = value::sendable(call.stack, call.shared, name, index);
            value.map_err(|failure| failure.within(Step::Member(name.to_owned())).under("options"))
        };
        match (self, call.stack.kind(index)) {
            (Self::Flag, Kind::Boolean) => Some(Ok(Some(Value::Bool(call.stack.truthy(index))))),
            (Self::Number, Kind::Number) | (Self::Numbers | Self::Texts, Kind::Table) => Some(given().map(Some)),
            (Self::Numbers, Kind::Number) | (Self::Texts, Kind::String) => {
                Some(given().map(|value| Some(Value::List(vec![value]))))
            }
            (Self::Numbers | Self::Texts, Kind::Boolean) if !call.stack.truthy(index) => Some(Ok(None)),
            _ => None,
        }
    }
}
