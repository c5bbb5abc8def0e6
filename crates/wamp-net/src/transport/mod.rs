//! The client's side of a transport, without any waiting: every read and write returns at once, so that whoever has
//! the connection in hand, the program's thread or the guard, can work on it and hand it on.
//!
//! A [`Wire`] is what the WebSocket protocol reads from and writes to: below it a [`Stream`], plain or encrypted,
//! before it an [`Outbox`] of what the socket has not taken yet.

mod frame;
mod outbox;
mod secured;
mod socket;
mod stream;
pub(crate) mod tls;
mod wire;

#[cfg(fuzzing)]
pub(crate) use frame::append as append_frame;
pub(crate) use outbox::Outbox;
pub(crate) use secured::Secured;
pub(crate) use socket::Socket;
pub(crate) use stream::Stream;
pub(crate) use wire::Wire;
