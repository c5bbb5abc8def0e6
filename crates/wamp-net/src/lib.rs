//! The Web Application Messaging Protocol over sockets; no Lua here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`router`] | a WAMP router that listens for WebSocket connections |
//! | [`runtime`] | the one background runtime of a process |

pub mod router;
pub mod runtime;

mod process;
