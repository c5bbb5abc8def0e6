//! Loowy's native half: the Lua module `loowy_core`.
//!
//! The only Rust that knows Lua. It is built once for each Lua (features `lua51` to `lua55` and `luajit`); without any of
//! them the crate is empty, so that the workspace builds and tests where there is no Lua.
//!
//! | module | what it holds |
//! |---|---|
//! | `module` | the table that `require "loowy_core"` returns |
//! | `client`, `options`, `request`, `notice` | a client: commands in, options, what happened out |
//! | `router` | a router inside of the program |
//! | `auth` | answers to challenges |
//! | `config` | tables of options as Rust structures |
//! | `function`, `handle` | how Lua calls Rust, and owns Rust values |
//! | `stack` | values between bytes and the raw Lua stack |
//! | `ev` | what the event loop needs of the system |

#![cfg(feature = "module")]

mod auth;
mod client;
mod config;
mod ev;
mod function;
mod handle;
mod module;
mod notice;
mod options;
mod request;
mod router;
mod stack;

use std::ffi::c_int;

/// Opens the module.
///
/// # Safety
/// For Lua alone, which calls it with its state.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn luaopen_loowy_core(state: *mut mlua::ffi::lua_State) -> c_int {
    // SAFETY: in this C function; nothing is owned that an error could lose.
    module::push_exports(unsafe { stack::Stack::new(state) });
    1
}
