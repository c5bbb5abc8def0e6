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
    check(call, index)?;
    Ok(value::dict(call.stack, call.shared, index).map_err(|failure| failure.to_string()))
}

/// The table at that argument, of which nothing is left out: `option 'realms.ticket': a list has no names`.
///
/// # Errors
/// Likewise.
pub(crate) fn exact_table(call: Call, index: c_int) -> Result<Result<Dict, String>, Misuse> {
    check(call, index)?;
    Ok(value::exact_dict(call.stack, call.shared, index).map_err(|failure| failure.of_option()))
}

fn check(call: Call, index: c_int) -> Result<(), Misuse> {
    match call.stack.kind(index) {
        Kind::Table => Ok(()),
        _ => Err(call.wrong(index, "the options", "a table")),
    }
}
