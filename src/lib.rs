//! Loowy's native half: the Lua module `loowy_core`.
//!
//! The only Rust that knows Lua. It is built once for each Lua (features `lua51` to `lua55` and `luajit`); without any of
//! them the crate is empty, so that the workspace builds and tests where there is no Lua.
//!
//! | module | what it holds |
//! |---|---|
//! | `module` | `luaopen_loowy_core` and the table it returns |
//! | `function`, `handle` | how Lua calls Rust, and owns Rust values |
//! | `stack` | values between bytes and the raw Lua stack |
//! | `ev` | what the event loop `loowy.ev` asks of the operating system |

#[cfg(feature = "module")]
mod ev;
#[cfg(feature = "module")]
mod function;
#[cfg(feature = "module")]
mod handle;
#[cfg(feature = "module")]
mod module;
#[cfg(feature = "module")]
mod stack;
