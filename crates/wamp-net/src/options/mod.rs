//! Options as programs write them: dictionaries that `serde` takes apart. An option that does not exist, or has the wrong
//! type, is an error that names its path.
//!
//! | file | what it holds |
//! |---|---|
//! | `groups` | one table that several structures share |
//! | `source` | a [`Value`] that `serde` can read from |
//! | `number` | times and counts in the units of programs |

mod groups;
mod number;
mod source;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use wamp_proto::{Dict, Value};

pub use groups::{Groups, names};
pub use number::{Count, Positive, Seconds};
use source::Source;

/// The structure that the options say.
///
/// # Errors
/// What is wrong with an option, and its path.
pub fn read<T: DeserializeOwned>(options: Dict) -> Result<T, String> {
    let read = serde_path_to_error::deserialize(Source(&Value::Dict(options)));
    read.map_err(|error| match path(error.path()).as_str() {
        "" => error.inner().to_string(),
        path => format!("option '{path}': {}", error.inner()),
    })
}

/// The path as Lua would write it: lists begin at 1.
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
