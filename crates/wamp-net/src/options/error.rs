//! What is wrong with an option, in the words of programs.

use std::fmt;

use serde::de::{Expected, Unexpected};
use wamp_proto::Value;

/// What is wrong with an option, and where it stands: `option 'tls.cert': expected string, got nil`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    path: String,
    problem: String,
}

impl OptionError {
    /// `path` is what programs would write: `tls.cert`, `realms[2]`; empty where the problem has none.
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    /// A value of the wrong type, or none.
    pub fn expected(path: impl Into<String>, expected: &str, found: Option<&Value>) -> Self {
        let found = match found {
            None | Some(Value::Null) => "nil",
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Int(_) | Value::Uint(_) | Value::Float(_)) => "number",
            Some(Value::Str(_) | Value::Bin(_)) => "string",
            Some(Value::List(_) | Value::Dict(_)) => "table",
        };
        Self::new(path, format!("expected {expected}, got {found}"))
    }

    /// The same error of an option that stands in another one, `realms[2]` for example.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        let dot = if self.path.is_empty() || outer.is_empty() { "" } else { "." };
        Self { path: format!("{outer}{dot}{}", self.path), ..self }
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "option '{path}': {}", self.problem),
        }
    }
}

impl std::error::Error for OptionError {}

impl From<OptionError> for String {
    fn from(error: OptionError) -> Self {
        error.to_string()
    }
}

/// What `serde` finds wrong with a value. It never shows what is of the wrong type: that might be a secret.
#[derive(Clone, Debug)]
pub(super) enum Error {
    Missing(&'static str),
    Wrong(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Wrong(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self::Wrong(problem.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Wrong(format!("expected {}, got {}", in_lua(&expected.to_string()), type_of(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Signed(integer) => integer.to_string(),
            Unexpected::Unsigned(integer) => integer.to_string(),
            Unexpected::Float(float) => float.to_string(),
            other => type_of(&other),
        };
        Self::Wrong(format!("expected {}, got {found}", in_lua(&expected.to_string())))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Wrong(format!("expected {}, got '{variant}'", one_of(expected, '\'')))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::Wrong(unknown(field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// What to say of an option that does not exist.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    match similar(name, known) {
        Some(meant) => format!("unknown field `{name}`, did you mean `{meant}`?"),
        None => format!("unknown field `{name}`, expected {}", one_of(known, '`')),
    }
}

/// The name that was meant, if one is so similar that it will be that.
fn similar<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    const SIMILAR: f64 = 0.85;
    let name = name.to_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let rated = known.iter().map(|known| (likeness(known), *known));
    let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other));
    best.filter(|(likeness, _)| *likeness >= SIMILAR).map(|(_, known)| known)
}

fn one_of(names: &[&str], quote: char) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{quote}{name}{quote}")).collect();
    match &names[..] {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn type_of(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(_) => "boolean".to_owned(),
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "number".to_owned(),
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => "string".to_owned(),
        Unexpected::Unit | Unexpected::Option => "nil".to_owned(),
        Unexpected::Seq => "list".to_owned(),
        Unexpected::Map => "table".to_owned(),
        other => other.to_string(),
    }
}

/// A type by Lua's name, where it is one.
fn in_lua(expected: &str) -> &str {
    match expected {
        "a map" => "table",
        "a sequence" => "a list",
        "f64" => "number",
        _ => match expected.strip_prefix("a ") {
            Some(word) if matches!(word, "string" | "boolean" | "number" | "table") => word,
            _ => expected,
        },
    }
}
