//! The client's side of a transport, without any waiting: every read and write returns at once, so that whoever has
//! the connection in hand, the program's thread or the guard, can work on it and hand it on. And the rules of
//! WebSocket and RawSocket frames, by which the router reads too.
//!
//! A [`Wire`] is what a connection writes to: below it a [`Stream`], plain or encrypted, before it an [`Outbox`] of what
//! the socket has not taken yet. A [`FrameReader`] reads from the stream.
//!
//! | file | what it holds |
//! |---|---|
//! | `wire`, `outbox` | what a connection writes to, and what waits there (`scratch`: the memory for the way) |
//! | `reader` | frames from a server |
//! | `framing`, `rawsocket` | which frames they are; those of RawSocket, and its handshake |
//! | `frame` | what WebSocket frames there are, masking, writing them |
//! | `header`, `assembly` | the rules for reading them, for both sides: headers; messages, texts and closing |
//! | `stream`, `socket`, `secured`, `tls` | the bytes, plain or encrypted; what that needs |

mod assembly;
mod frame;
mod framing;
mod header;
mod outbox;
pub(crate) mod rawsocket;
mod reader;
mod scratch;
mod secured;
mod socket;
mod stream;
pub(crate) mod tls;
mod wire;

pub(crate) use assembly::Frame;
#[cfg(fuzzing)]
pub(crate) use frame::append as append_frame;
pub(crate) use frame::{Kind, mask};
pub(crate) use framing::{Framing, Protocol};
pub(crate) use header::{Header, Sender};
pub(crate) use outbox::Outbox;
pub(crate) use reader::FrameReader;
#[cfg(fuzzing)]
pub(crate) use reader::Source;
pub(crate) use secured::Secured;
pub(crate) use socket::Socket;
pub(crate) use stream::Stream;
pub(crate) use wire::Wire;
