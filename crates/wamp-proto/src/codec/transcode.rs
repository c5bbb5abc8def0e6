//! From one format to the other.

use super::{EncodeError, Serializer};

/// Appends a value in another format.
pub(super) fn append(out: &mut Vec<u8>, slice: &[u8], from: Serializer, to: Serializer) -> Result<(), EncodeError> {
    if from == to {
        out.extend_from_slice(slice);
        return Ok(());
    }
    let value = from.read_value(slice).map_err(|error| EncodeError(error.to_string()))?;
    out.extend_from_slice(&to.try_write_value(&value)?);
    Ok(())
}
