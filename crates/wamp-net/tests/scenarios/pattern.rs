//! Messages with placeholders: filled to be sent, compared with what has come.

use std::collections::HashMap;
use std::fmt::Write as _;

use wamp_proto::auth::cryptosign::PrivateKey;
use wamp_proto::auth::scram::{Dialect, Login, Proof};
use wamp_proto::auth::wampcra;
use wamp_proto::{Dict, Value};

#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// `_`
    Any,
    /// `$name`: what stood there when it was met first.
    Name(String),
    Value(Value),
    /// `[…]`; `open` when more may follow.
    List {
        elements: Vec<Pattern>,
        open: bool,
    },
    /// `{…}`; `open` when others may be there.
    Dict {
        members: Vec<(String, Pattern)>,
        open: bool,
    },
    /// `name(…)`: what is calculated from values, to be sent.
    Function(String, Vec<Pattern>),
}

/// What the names of a scenario stand for.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, Value>);

impl Names {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// What the name stands for; `a.b` may be the member `b` of a dictionary.
    fn get(&self, name: &str) -> Option<Value> {
        let member = || {
            let (whole, member) = name.rsplit_once('.')?;
            self.get(whole)?.as_dict()?.get(member).cloned()
        };
        self.0.get(name).cloned().or_else(member)
    }
}

impl Pattern {
    /// The value to send.
    pub(crate) fn fill(&self, names: &Names) -> Result<Value, String> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Name(name) => names.get(name).ok_or_else(|| format!("nothing is known as ${name}")),
            Self::List { elements, open: false } => {
                elements.iter().map(|element| element.fill(names)).collect::<Result<_, _>>().map(Value::List)
            }
            Self::Dict { members, open: false } => {
                let members = members.iter().map(|(key, member)| Ok((key.as_str(), member.fill(names)?)));
                members.collect::<Result<Dict, String>>().map(Value::Dict)
            }
            Self::Function(name, arguments) => {
                let arguments: Result<Vec<Value>, String> = arguments.iter().map(|value| value.fill(names)).collect();
                calculate(name, &arguments?)
            }
            Self::Any | Self::List { .. } | Self::Dict { .. } => Err("'_' and '...' cannot be sent".to_owned()),
        }
    }

    /// Whether that is what has come. Names that were not met yet stand for it from now on.
    pub(crate) fn matches(&self, value: &Value, names: &mut Names) -> bool {
        let mut met = Vec::new();
        let matches = self.meets(value, names, &mut met);
        if matches {
            names.0.extend(met);
        }
        matches
    }

    fn meets(&self, value: &Value, names: &Names, met: &mut Vec<(String, Value)>) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Name(name), _) => {
                let before = met.iter().find(|(other, _)| other == name).map(|(_, value)| value);
                match before.cloned().or_else(|| names.get(name)) {
                    Some(known) => same(&known, value),
                    None => {
                        met.push((name.clone(), value.clone()));
                        true
                    }
                }
            }
            (Self::Value(expected), _) => same(expected, value),
            (Self::List { elements, open }, Value::List(values)) => {
                (elements.len() == values.len() || (*open && elements.len() < values.len()))
                    && elements.iter().zip(values).all(|(element, value)| element.meets(value, names, met))
            }
            (Self::Dict { members, open }, Value::Dict(dict)) => {
                (members.len() == dict.len() || (*open && members.len() < dict.len()))
                    && members
                        .iter()
                        .all(|(key, member)| dict.get(key).is_some_and(|value| member.meets(value, names, met)))
            }
            (Self::Function(..), _) => self.fill(names).is_ok_and(|expected| same(&expected, value)),
            (Self::List { .. } | Self::Dict { .. }, _) => false,
        }
    }
}

/// Integers are compared by their value, whatever the format makes of the smaller ones.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Dict(one), Value::Dict(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Int(_) | Value::Uint(_), Value::Int(_) | Value::Uint(_)) => whole(one) == whole(other),
        _ => one == other,
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(integer) => Some((*integer).into()),
        Value::Uint(integer) => Some((*integer).into()),
        _ => None,
    }
}

/// What answers a challenge; the functions have the names of the methods.
fn calculate(name: &str, arguments: &[Value]) -> Result<Value, String> {
    match (name, arguments) {
        ("wampcra", [Value::Str(secret), Value::Dict(extra)]) => {
            wampcra::sign(secret, extra).map(|signature| Value::Str(signature.into())).map_err(|e| e.to_string())
        }
        ("cryptosign", [Value::Str(seed), Value::Dict(extra)]) => {
            let key = PrivateKey::parse(seed).map_err(|e| e.to_string())?;
            key.sign(extra, None).map(|signature| Value::Str(signature.into())).map_err(|e| e.to_string())
        }
        ("wamp-scram" | "scram", [login @ .., Value::Dict(extra)]) => {
            scram(name, login, extra).map(|proof| Value::Str(proof.signature.into()))
        }
        ("verifier", [Value::Str(method), login @ .., Value::Dict(extra)]) => {
            scram(method, login, extra).map(|proof| Value::Str(proof.verifier.into()))
        }
        _ => Err(format!("no function {name} of such values")),
    }
}

/// The login has authid, password, and HELLO's nonce.
fn scram(method: &str, login: &[Value], extra: &Dict) -> Result<Proof, String> {
    let [Value::Str(authid), Value::Str(password), Value::Str(nonce)] = login else {
        return Err(format!("{method} takes authid, password, nonce, and the challenge"));
    };
    let dialect = Dialect::of(method).ok_or("no method of SCRAM")?;
    Login::with_nonce(authid, nonce).answer(dialect, password, extra).map_err(|e| e.to_string())
}

/// The value as it would stand in a file.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::List(list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Dict(dict) => {
            let members = dict.iter().map(|(key, value)| format!("{key:?}: {}", show(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Bin(bytes) => {
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            format!("bin {hex:?}")
        }
        Value::Null => "null".to_owned(),
        Value::Bool(boolean) => boolean.to_string(),
        Value::Int(integer) => integer.to_string(),
        Value::Uint(integer) => integer.to_string(),
        Value::Float(float) => format!("{float:?}"),
        Value::Str(text) => format!("{:?}", &**text),
    }
}
