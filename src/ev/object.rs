//! Userdata that carry nothing but their own metatable: the loop and watcher objects of Lua programs.

use mlua::{Lua, Result, Table, Value, ffi};

/// Returns a new full userdata with `metatable`.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn create(lua: &Lua, metatable: Table) -> Result<Value> {
    // SAFETY: the closure finds `metatable` on top of the stack, leaves the new userdata in its place, and owns no
    // value with a destructor that an error of Lua's could skip.
    unsafe {
        lua.exec_raw(metatable, |state| {
            ffi::lua_newuserdata(state, 0);
            ffi::lua_insert(state, -2);
            ffi::lua_setmetatable(state, -2);
        })
    }
}
