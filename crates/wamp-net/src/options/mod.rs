//! Options as programs write them: dictionaries that `serde` takes apart. An option that does not exist, or has the wrong
//! type, is an error that names its path.
//!
//! | file | what it holds |
//! |---|---|
//! | `error` | what is wrong with an option, in the words of programs |
//! | `groups` | one table that several structures share |
//! | `source` | a [`Value`] that `serde` can read from |
//! | `number` | times and counts in the units of programs |

mod error;
mod groups;
mod number;
mod source;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment, Segments};
use wamp_proto::{Dict, Value};

use error::Error;
pub use error::OptionError;
pub use groups::{Groups, names};
pub use number::{Count, Limit, Positive, Seconds, Whole};
use source::Source;

/// The structure that the options say.
///
/// # Errors
/// What is wrong with an option, and its path.
pub fn read<T: DeserializeOwned>(options: Dict) -> Result<T, OptionError> {
    let options = Value::Dict(options);
    let error = match deserialize(&options) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    match error.inner() {
        Error::Wrong(problem) => Err(OptionError::new(path(error.path()), problem.clone())),
        Error::Missing(field) => {
            let missing = OptionError::new(*field, wrong_as_nil::<T>(options, error.path(), field));
            Err(missing.within(&path(error.path())))
        }
    }
}

/// What is missing is of the wrong type as nil; which says what was expected.
fn wrong_as_nil<T: DeserializeOwned>(options: Value, path: &Path, field: &str) -> String {
    match deserialize::<T>(&with_nil(options, &mut path.iter(), field)) {
        Err(error) => error.inner().to_string(),
        Ok(_) => format!("missing field `{field}`"),
    }
}

fn with_nil(value: Value, path: &mut Segments<'_>, field: &str) -> Value {
    match (path.next(), value) {
        (None, Value::Dict(dict)) => Value::Dict(dict.with(field, Value::Null)),
        (Some(Segment::Map { key }), Value::Dict(mut dict)) => match dict.remove(key) {
            Some(member) => Value::Dict(dict.with(key.as_str(), with_nil(member, path, field))),
            None => Value::Dict(dict),
        },
        (Some(Segment::Seq { index }), Value::List(mut list)) => {
            if let Some(element) = list.get_mut(*index) {
                *element = with_nil(std::mem::replace(element, Value::Null), path, field);
            }
            Value::List(list)
        }
        (_, value) => value,
    }
}

fn deserialize<T: DeserializeOwned>(options: &Value) -> Result<T, serde_path_to_error::Error<Error>> {
    serde_path_to_error::deserialize(Source(options))
}

/// The path as programs would write it: lists begin at 1.
fn path(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text += &format!("[{}]", index + 1),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                text += if text.is_empty() { "" } else { "." };
                text += key;
            }
            Segment::Unknown => {}
        }
    }
    text
}

/// The name of an option as programs write it: `max_message_size` is `maxMessageSize`.
pub(crate) fn camel_case(snake_case: &str) -> String {
    let mut begins = false;
    let letter = |letter: char| {
        let capital = std::mem::replace(&mut begins, letter == '_');
        (letter != '_').then(|| if capital { letter.to_ascii_uppercase() } else { letter })
    };
    snake_case.chars().filter_map(letter).collect()
}

#[cfg(test)]
mod tests;
