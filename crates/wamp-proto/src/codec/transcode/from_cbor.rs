//! Out of CBOR.

use serde::de::DeserializeSeed;

use super::events::{Append, Counts};
use crate::codec::sink::{Sink, Written};
use crate::codec::{EncodeError, cbor};

pub(super) fn append<S: Sink>(out: &mut Vec<u8>, slice: &[u8]) -> Written {
    let mut counts = Counts::new(|| cbor::counts(slice).map_err(|problem| EncodeError(problem.into())));
    let mut reader = cbor::reader(slice);
    let appended = Append::<S, _, false>::new(out, &mut counts).deserialize(&mut reader);
    appended.and_then(|()| reader.end()).map_err(|error| EncodeError(error.to_string()))
}
