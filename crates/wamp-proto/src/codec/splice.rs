//! Lists and dictionaries of values that are written already, put together as they are.

use bytes::Bytes;

use super::EncodeError;
use super::sink::Sink;

pub(super) fn list<S: Sink>(elements: &[Bytes]) -> Result<Bytes, EncodeError> {
    let mut out = Vec::with_capacity(elements.iter().map(|element| element.len() + 1).sum::<usize>() + 9);
    S::begin_list(&mut out, elements.len())?;
    for (at, element) in elements.iter().enumerate() {
        S::before_element(&mut out, at == 0);
        out.extend_from_slice(element);
    }
    S::end_list(&mut out);
    Ok(out.into())
}

pub(super) fn dict<S: Sink>(members: &[(&str, Bytes)]) -> Result<Bytes, EncodeError> {
    let mut out = Vec::with_capacity(members.iter().map(|(key, value)| key.len() + value.len() + 9).sum());
    S::begin_dict(&mut out, members.len())?;
    for (at, (key, value)) in members.iter().enumerate() {
        S::before_element(&mut out, at == 0);
        S::text(&mut out, key)?;
        S::before_value(&mut out);
        out.extend_from_slice(value);
    }
    S::end_dict(&mut out);
    Ok(out.into())
}
