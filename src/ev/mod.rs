//! Native primitives of `loowy.ev`, the event loop: clocks, readiness, signals, child and file status.
//!
//! Lua owns the loop, its watchers and its callbacks; everything here answers one question about the operating system
//! and returns. Nothing calls back into Lua. Expected failures return `nil, message, code`.

mod child;
mod clock;
#[cfg(target_os = "linux")]
mod inotify;
mod poller;
mod result;
mod signal;
mod stat;
mod wakeup;

use std::ffi::c_int;

use crate::function::{Answer, Call, Functions, Misuse, functions, push_functions};
use crate::stack::{Kind, Stack};

const FUNCTIONS: Functions = functions! {
    "object" => object,
    "monotonic" => monotonic,
    "wallclock" => wallclock,
    "poller" => poller::create,
    "wakeup" => wakeup::create,
    "child_status" => child::status,
    "file_status" => stat::file_status,
    #[cfg(target_os = "linux")]
    "inotify" => inotify::create,
};

/// Pushes the table of primitives. Raises when memory runs out.
pub(crate) fn push(stack: Stack, shared: c_int) {
    poller::set_class(stack, shared);
    wakeup::set_class(stack, shared);
    #[cfg(target_os = "linux")]
    inotify::set_class(stack, shared);
    push_functions(stack, FUNCTIONS, &[shared]);
    poller::push_backends(stack);
    stack.set_field(-2, "backends");
    signal::push_numbers(stack);
    stack.set_field(-2, "signals");
}

fn monotonic(_call: Call) -> Result<f64, Misuse> {
    Ok(clock::monotonic())
}

fn wallclock(_call: Call) -> Result<f64, Misuse> {
    Ok(clock::wallclock())
}

/// `object(metatable) -> userdata`: one that carries nothing but that, for the loop and watcher objects of Lua programs.
fn object(call: Call) -> Result<Object, Misuse> {
    match call.stack.kind(1) {
        Kind::Table => Ok(Object),
        _ => Err(call.wrong(1, "the metatable", "a table")),
    }
}

struct Object;

impl Answer for Object {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_userdata();
        call.stack.push_copy(1);
        call.stack.set_metatable(-2);
        1
    }
}

impl Call {
    /// The small integer at that argument.
    fn int(self, index: c_int, name: &str) -> Result<i32, Misuse> {
        let integer = self.stack.integer(index).and_then(|integer| i32::try_from(integer).ok());
        integer.ok_or_else(|| self.wrong(index, name, "an integer"))
    }
}
