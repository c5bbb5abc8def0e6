//! The client's side of a transport, without any waiting: every read and write returns at once, so that whoever has
//! the connection in hand, the program's thread or the guard, can work on it and hand it on.
//!
//! A [`Wire`] is what a connection writes to: below it a [`Stream`], plain or encrypted, before it an [`Outbox`] of what
//! the socket has not taken yet. A [`FrameReader`] reads from the stream.

mod frame;
mod outbox;
mod reader;
mod scratch;
mod secured;
mod socket;
mod stream;
pub(crate) mod tls;
mod wire;

pub(crate) use frame::Kind;
#[cfg(fuzzing)]
pub(crate) use frame::append as append_frame;
pub(crate) use outbox::Outbox;
#[cfg(fuzzing)]
pub(crate) use reader::Source;
pub(crate) use reader::{Frame, FrameReader};
pub(crate) use secured::Secured;
pub(crate) use socket::Socket;
pub(crate) use stream::Stream;
pub(crate) use wire::Wire;
