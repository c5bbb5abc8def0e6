//! Tables of options as dictionaries, which [`wamp_net::options`] reads.

use std::ffi::c_int;

use wamp_proto::Dict;

use crate::function::{Call, Misuse};
use crate::stack::{Kind, value};

/// The table at that argument.
///
/// # Errors
/// [`Misuse`] when it is no table; inside, the path of what cannot be an option, as a function.
pub(crate) fn table(call: Call, index: c_int) -> Result<Result<Dict, String>, Misuse> {
    if call.stack.kind(index) != Kind::Table {
        return Err(call.wrong(index, "the options", "a table"));
    }
    Ok(value::dict(call.stack, call.shared, index).map_err(|failure| failure.to_string()))
}
