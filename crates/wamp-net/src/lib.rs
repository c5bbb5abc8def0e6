//! The Web Application Messaging Protocol over sockets; no Lua here.
//!
//! | module | what it holds |
//! |---|---|
//! | [`runtime`] | the one background runtime of a process |

pub mod runtime;

mod process;
