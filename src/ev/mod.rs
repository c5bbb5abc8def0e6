//! Native primitives of `loowy.ev`, the event loop: clocks, readiness, signals, child and file status.
//!
//! Lua owns the loop, its watchers and its callbacks; everything here answers one question about the operating system
//! and returns. Nothing calls back into Lua. Expected failures return `nil, message, code`.

mod child;
mod clock;
#[cfg(target_os = "linux")]
mod inotify;
mod method;
mod object;
mod poller;
mod result;
mod signal;
mod stat;
mod wakeup;

use mlua::{Lua, Result, Table};

/// The table of primitives.
///
/// # Errors
/// When Lua runs out of memory.
pub(crate) fn primitives(lua: &Lua) -> Result<Table> {
    let ev = lua.create_table()?;
    ev.set("object", lua.create_function(object::create)?)?;
    ev.set("monotonic", lua.create_function(|_, ()| Ok(clock::monotonic()))?)?;
    ev.set("wallclock", lua.create_function(|_, ()| Ok(clock::wallclock()))?)?;
    ev.set("backends", poller::backends(lua)?)?;
    ev.set("poller", lua.create_function(poller::create)?)?;
    ev.set("wakeup", lua.create_function(wakeup::create)?)?;
    ev.set("signals", signal::numbers(lua)?)?;
    ev.set("child_status", lua.create_function(child::status)?)?;
    ev.set("file_status", lua.create_function(stat::file_status)?)?;
    #[cfg(target_os = "linux")]
    ev.set("inotify", lua.create_function(inotify::create)?)?;
    Ok(ev)
}
