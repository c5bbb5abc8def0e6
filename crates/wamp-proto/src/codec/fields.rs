//! The types that the specification fixes for the members of options and details.
//!
//! A member of the wrong type breaks the protocol. Members that are not listed are the application's, or belong to a
//! feature that takes any value. Null counts as absent. Writers without separate types for lists and dictionaries
//! send an empty one as the other: it is put right here, so that `exclude = {}` stays an empty list.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Serializer;
use crate::{Dict, Id, Value};

/// A member of the wrong type.
pub(super) struct Wrong {
    pub(super) key: &'static str,
    pub(super) problem: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Number,
    Id,
    Text,
    Ids,
    Texts,
    Dicts,
    Dict,
    DictOfDicts,
    /// One of these words, or an implementation's own that begins with `x_`.
    Word(&'static [&'static str]),
}

use Kind::{Bool, Dicts, Ids, Number, Text, Texts, Word};

type Known = (&'static str, Kind);

const ENC_ALGO: Kind = Word(&["cryptobox", "mqtt", "xbr"]);
const ENC_SERIALIZER: Kind = Word(&["json", "msgpack", "cbor", "ubjson", "opaque", "flatbuffers"]);

/// What goes along with a payload from end to end: Payload Passthru Mode, its predecessor, and router-to-router links.
const PAYLOAD: &[Known] = &[
    ("ppt_scheme", Text),
    ("ppt_serializer", Text),
    ("ppt_cipher", Text),
    ("ppt_keyid", Text),
    ("enc_algo", ENC_ALGO),
    ("enc_serializer", ENC_SERIALIZER),
    ("enc_key", Text),
    ("transaction_hash", Text),
    ("forward_for", Dicts),
];

const HELLO: &[Known] = &[
    ("roles", Kind::DictOfDicts),
    ("agent", Text),
    ("authid", Text),
    ("authrole", Text),
    ("authmethods", Texts),
    ("authextra", Kind::Dict),
];

const WELCOME: &[Known] = &[
    ("roles", Kind::DictOfDicts),
    ("agent", Text),
    ("authid", Text),
    ("authrole", Text),
    ("authmethod", Text),
    ("authprovider", Text),
    ("authextra", Kind::Dict),
];

const PUBLISH: &[Known] = &[
    ("acknowledge", Bool),
    ("exclude_me", Bool),
    ("disclose_me", Bool),
    ("retain", Bool),
    ("exclude", Ids),
    ("exclude_authid", Texts),
    ("exclude_authrole", Texts),
    ("eligible", Ids),
    ("eligible_authid", Texts),
    ("eligible_authrole", Texts),
];

const SUBSCRIBE: &[Known] = &[("match", Text), ("get_retained", Bool)];

const UNSUBSCRIBED: &[Known] = &[("subscription", Kind::Id), ("reason", Text)];

const EVENT: &[Known] = &[
    ("publisher", Kind::Id),
    ("publisher_authid", Text),
    ("publisher_authrole", Text),
    ("topic", Text),
    ("trustlevel", Number),
    ("retained", Bool),
    ("x_acknowledged_delivery", Bool),
];

/// `timeout` may have a fraction: clients send what their program says.
const CALL: &[Known] =
    &[("timeout", Number), ("receive_progress", Bool), ("progress", Bool), ("disclose_me", Bool), ("runmode", Text)];

const CANCEL: &[Known] = &[("mode", Text)];

const RESULT: &[Known] =
    &[("progress", Bool), ("callee", Kind::Id), ("callee_authid", Text), ("callee_authrole", Text)];

const REGISTER: &[Known] = &[
    ("match", Text),
    ("invoke", Text),
    ("forward_timeout", Bool),
    ("disclose_caller", Bool),
    ("force_reregister", Bool),
];

const UNREGISTERED: &[Known] = &[("registration", Kind::Id), ("reason", Text)];

const INVOCATION: &[Known] = &[
    ("procedure", Text),
    ("caller", Kind::Id),
    ("caller_authid", Text),
    ("caller_authrole", Text),
    ("timeout", Number),
    ("receive_progress", Bool),
    ("progress", Bool),
    ("trustlevel", Number),
];

const INTERRUPT: &[Known] = &[("mode", Text), ("reason", Text)];

const YIELD: &[Known] = &[("progress", Bool)];

/// The known members of a message's options or details, and those that belong to its payload. ABORT and GOODBYE end
/// the session whatever they say.
fn known(message: &str) -> (&'static [Known], &'static [Known]) {
    match message {
        "HELLO" => (HELLO, &[]),
        "WELCOME" => (WELCOME, &[]),
        "ERROR" => (&[], PAYLOAD),
        "PUBLISH" => (PUBLISH, PAYLOAD),
        "SUBSCRIBE" => (SUBSCRIBE, &[]),
        "UNSUBSCRIBED" => (UNSUBSCRIBED, &[]),
        "EVENT" => (EVENT, PAYLOAD),
        "CALL" => (CALL, PAYLOAD),
        "CANCEL" => (CANCEL, &[]),
        "RESULT" => (RESULT, PAYLOAD),
        "REGISTER" => (REGISTER, &[]),
        "UNREGISTERED" => (UNREGISTERED, &[]),
        "INVOCATION" => (INVOCATION, PAYLOAD),
        "INTERRUPT" => (INTERRUPT, &[]),
        "YIELD" => (YIELD, PAYLOAD),
        _ => (&[], &[]),
    }
}

/// Checks the options or details of a message that came in that format.
pub(super) fn check(message: &str, dict: &mut Dict, serializer: Serializer) -> Result<(), Wrong> {
    let (own, shared) = known(message);
    for (key, value) in dict.iter_mut() {
        if let Some(&(key, kind)) = own.iter().chain(shared).find(|(known, _)| key == known) {
            kind.normalize(value);
            if serializer == Serializer::Json {
                kind.restore_text(value);
            }
            if *value != Value::Null && !kind.fits(value) {
                return Err(Wrong { key, problem: kind.problem() });
            }
        }
    }
    Ok(())
}

impl Kind {
    /// Puts an empty list or dictionary right.
    fn normalize(self, value: &mut Value) {
        let empty = match value {
            Value::List(list) => list.is_empty(),
            Value::Dict(dict) => dict.is_empty(),
            _ => false,
        };
        match self {
            Self::Ids | Self::Texts | Self::Dicts if empty => *value = Value::List(Vec::new()),
            Self::Dict | Self::DictOfDicts if empty => *value = Value::Dict(Dict::new()),
            Self::DictOfDicts => {
                if let Value::Dict(dict) = value {
                    dict.iter_mut().for_each(|(_, inner)| Self::Dict.normalize(inner));
                }
            }
            _ => {}
        }
    }

    /// JSON has no type for binary data, so what has to be text is text, whatever it begins with.
    fn restore_text(self, value: &mut Value) {
        match value {
            Value::Bin(data) if matches!(self, Self::Text) => {
                *value = format!("\0{}", BASE64_STANDARD.encode(data)).into();
            }
            Value::List(list) if matches!(self, Self::Texts) => {
                list.iter_mut().for_each(|text| Self::Text.restore_text(text));
            }
            _ => {}
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Bool => value.as_bool().is_some(),
            Self::Number => matches!(value, Value::Int(_) | Value::Uint(_) | Value::Float(_)),
            Self::Id => value.as_u64().and_then(Id::new).is_some(),
            Self::Text => value.as_str().is_some(),
            Self::Ids => all(value, |id| id.as_u64().is_some()),
            Self::Texts => all(value, |text| text.as_str().is_some()),
            Self::Dicts => all(value, |dict| dict.as_dict().is_some()),
            Self::Dict => value.as_dict().is_some(),
            Self::DictOfDicts => value.as_dict().is_some_and(|dict| dict.iter().all(|(_, v)| v.as_dict().is_some())),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&&**word) || word.starts_with("x_")),
        }
    }

    const fn problem(self) -> &'static str {
        match self {
            Self::Bool => "is not a boolean",
            Self::Number => "is not a number",
            Self::Id => "is not an id",
            Self::Text => "is not a string",
            Self::Ids => "is not a list of ids",
            Self::Texts => "is not a list of strings",
            Self::Dicts => "is not a list of dictionaries",
            Self::Dict => "is not a dictionary",
            Self::DictOfDicts => "is not a dictionary of dictionaries",
            Self::Word(_) => "is not a known value",
        }
    }
}

fn all(value: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    value.as_list().is_some_and(|list| list.iter().all(fits))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wrong(message: &str, key: &str, value: impl Into<Value>) -> Option<&'static str> {
        check(message, &mut Dict::new().with(key, value), Serializer::MsgPack).err().map(|wrong| wrong.key)
    }

    #[test]
    fn members_of_the_wrong_type_are_named() {
        assert_eq!(wrong("PUBLISH", "exclude_me", "yes"), Some("exclude_me"));
        assert_eq!(wrong("PUBLISH", "exclude_me", false), None);
        assert_eq!(wrong("PUBLISH", "eligible", 5), Some("eligible"));
        assert_eq!(wrong("PUBLISH", "eligible", vec![5]), None);
        assert_eq!(wrong("PUBLISH", "eligible_authid", vec![5]), Some("eligible_authid"));
        assert_eq!(wrong("SUBSCRIBE", "match", true), Some("match"));
        assert_eq!(wrong("EVENT", "publisher", 0), Some("publisher"));
        assert_eq!(wrong("CALL", "timeout", "1"), Some("timeout"));
        assert_eq!(wrong("CALL", "timeout", Value::Float(1.5)), None);
        assert_eq!(wrong("WELCOME", "roles", Dict::new().with("broker", true)), Some("roles"));
        assert_eq!(wrong("REGISTER", "disclose_caller", 1), Some("disclose_caller"));
        assert_eq!(wrong("REGISTER", "force_reregister", "yes"), Some("force_reregister"));
        assert_eq!(wrong("CALL", "ppt_scheme", 1), Some("ppt_scheme"));
        assert_eq!(wrong("EVENT", "enc_algo", "rot13"), Some("enc_algo"));
        assert_eq!(wrong("EVENT", "enc_algo", "x_rot13"), None);
    }

    #[test]
    fn unknown_members_and_nulls_pass() {
        assert_eq!(wrong("PUBLISH", "publisher", "mine"), None);
        assert_eq!(wrong("EVENT", "publisher", Value::Null), None);
        assert_eq!(wrong("GOODBYE", "message", 1), None);
    }

    #[test]
    fn text_that_looks_binary_stays_text_in_json() {
        let data = || Value::Bin(bytes::Bytes::from_static(b"\0\x01"));
        let mut publish = Dict::new().with("ppt_scheme", data()).with("eligible_authid", vec![data()]);
        assert!(check("PUBLISH", &mut publish.clone(), Serializer::MsgPack).is_err());
        assert!(check("PUBLISH", &mut publish, Serializer::Json).is_ok());
        assert_eq!(publish.str("ppt_scheme").unwrap(), "\0AAE=");
        assert_eq!(publish.get("eligible_authid"), Some(&vec!["\0AAE="].into()));
    }

    #[test]
    fn empty_lists_and_dictionaries_are_put_right() {
        let mut publish = Dict::new().with("exclude", Dict::new());
        assert!(check("PUBLISH", &mut publish, Serializer::Json).is_ok());
        assert_eq!(publish.get("exclude"), Some(&Value::List(vec![])));
        let mut hello = Dict::new().with("roles", Dict::new().with("caller", Value::List(vec![])));
        assert!(check("HELLO", &mut hello, Serializer::Json).is_ok());
        assert_eq!(hello.dict("roles").unwrap().dict("caller"), Some(&Dict::new()));
    }
}
