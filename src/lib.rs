//! Loowy's native half: the Lua module `loowy_core`.
//!
//! The only Rust that knows Lua. It is built once for each Lua (features `lua51` to `lua55` and `luajit`); without any of
//! them the crate is empty, so that the workspace builds and tests where there is no Lua.
//!
//! | module | what it holds |
//! |---|---|
//! | `module` | the table that `require "loowy_core"` returns |
//! | `client`, `options`, `notice` | a client: commands in, options, what happened out |
//! | `router` | a router inside of the program |
//! | `config` | tables of options as Rust structures |
//! | `function`, `handle` | how Lua calls Rust, and owns Rust values |
//! | `stack` | values between bytes and the raw Lua stack |
//! | `ev` | what the event loop needs of the system |

#![cfg(feature = "module")]

mod client;
mod config;
mod ev;
mod function;
mod handle;
mod module;
mod notice;
mod options;
mod router;
mod stack;

/// Opens the module.
#[mlua::lua_module(skip_memory_check)]
fn loowy_core(lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
    let exports = module::open(lua)?;
    exports.set("ev", ev::primitives(lua)?)?;
    Ok(exports)
}
