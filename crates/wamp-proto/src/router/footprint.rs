//! What dictionaries take that the router keeps.

use crate::{Dict, Serializer, Value};

/// In memory, roughly and at most: a byte of the frame may have become a whole value.
pub(super) fn decoded(dict: &Dict) -> usize {
    encoded(dict) * size_of::<Value>()
}

/// As bytes, which is near enough for what the router itself has put together.
pub(super) fn encoded(dict: &Dict) -> usize {
    if dict.is_empty() { 0 } else { Serializer::MsgPack.write_value(&Value::Dict(dict.clone())).len() }
}
