//! Functions for Lua that share one Rust value without naming it.

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{FromLuaMulti, Function, IntoLuaMulti, Lua, Result};

/// A Lua function that works on `this`, which lives as long as one of its functions.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn method<T, A, R>(
    lua: &Lua,
    this: &Rc<RefCell<T>>,
    call: impl Fn(&Lua, &mut T, A) -> Result<R> + 'static,
) -> Result<Function>
where
    T: 'static,
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    let this = Rc::clone(this);
    lua.create_function(move |lua, arguments| call(lua, &mut this.borrow_mut(), arguments))
}
