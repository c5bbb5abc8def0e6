//! How a system call's failure looks in Lua: `nil, message, code`.

use mlua::{IntoLua, IntoLuaMulti, Lua, MultiValue, Result, Value};
use rustix::io::Errno;

/// Symbolic names of the errors that the loop tells apart.
fn name(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::BADF => Some("EBADF"),
        Errno::PERM => Some("EPERM"),
        Errno::NOENT => Some("ENOENT"),
        Errno::NOTDIR => Some("ENOTDIR"),
        Errno::INVAL => Some("EINVAL"),
        Errno::BUSY => Some("EBUSY"),
        Errno::CHILD => Some("ECHILD"),
        _ => None,
    }
}

/// The text the operating system has for `errno`, without Rust's "(os error 9)".
pub(super) fn describe(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Pushes a value, or `nil, message, code` for an error.
pub(super) fn answer<T: IntoLua>(lua: &Lua, result: rustix::io::Result<T>) -> Result<MultiValue> {
    match result {
        Ok(value) => value.into_lua_multi(lua),
        Err(errno) => (Value::Nil, describe(errno), name(errno)).into_lua_multi(lua),
    }
}
