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

/// Whether there are more values in it than that, those in each other included.
pub(super) fn exceeds(dict: &Dict, most: usize) -> bool {
    let mut left = most;
    !dict.iter().all(|(_, value)| fits(value, &mut left))
}

fn fits(value: &Value, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    match value {
        Value::List(list) => list.iter().all(|value| fits(value, left)),
        Value::Dict(dict) => dict.iter().all(|(_, value)| fits(value, left)),
        _ => true,
    }
}
