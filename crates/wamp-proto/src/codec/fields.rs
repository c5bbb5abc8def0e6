//! The types that the specification fixes for options and details.

use crate::Dict;

/// A member of the wrong type.
pub(super) struct Wrong {
    pub(super) key: &'static str,
    pub(super) problem: &'static str,
}

pub(super) fn check(_message: &str, _dict: &mut Dict) -> Result<(), Wrong> {
    Ok(())
}
