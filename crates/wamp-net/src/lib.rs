//! The Web Application Messaging Protocol over sockets; no Lua here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`client`] | a client's connection, driven by the program's own event loop or by the background |
//! | [`local`] | routers that are reached by a name, from inside of their process |
//! | [`entropy`] | random numbers that nobody can guess |
//! | [`options`] | tables of options as Rust structures |
//! | [`router`] | a WAMP router that listens for WebSocket and RawSocket connections |
//! | [`runtime`] | the one background runtime of a process |

pub mod client;
pub mod entropy;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod local;
pub mod options;
pub mod router;
pub mod runtime;

mod authority;
mod clock;
mod process;
mod transport;
mod url;

pub use process::generation;
