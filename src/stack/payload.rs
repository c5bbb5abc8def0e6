//! What a program's payload means on the wire. The rules are those of 0.4.1, three tables of them: what PUBLISH and
//! CALL send, what a handler returns, and what a handler raises.

use std::cell::Cell;
use std::ffi::c_int;

use bytes::Bytes;
use bytestring::ByteString;
use wamp_proto::{Dict, Payload, Serializer, reason};

use super::encode::{Encoded, Failure, Position, encode};
use super::{Kind, Name, Shared, Stack, value};

/// Values of the running function on their way out.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing {
    pub(crate) stack: Stack,
    pub(crate) shared: Shared,
    pub(crate) serializer: Serializer,
}

/// What a handler returned.
pub(crate) struct Returned {
    pub(crate) options: Dict,
    pub(crate) payload: Payload,
}

/// What a handler raised.
pub(crate) struct Raised {
    pub(crate) error: ByteString,
    pub(crate) details: Dict,
    pub(crate) payload: Payload,
}

/// What is under `argsList` or `argsDict` when a payload is written in the unified form.
#[derive(Clone, Copy)]
struct Parts {
    list: c_int,
    dict: c_int,
}

impl Outgoing {
    /// The payload of PUBLISH or CALL at that index.
    ///
    /// # Errors
    /// What cannot be written, and where it is.
    pub(crate) fn sent(self, index: c_int) -> Result<Payload, String> {
        match self.stack.kind(index) {
            Kind::Nil => Ok(Payload::empty(self.serializer)),
            Kind::Table if self.has_first_element(index) => self.payload(Some(self.args(index)?), None),
            Kind::Table => self.with_parts(index, |parts| {
                if self.stack.truthy(parts.list) || self.stack.truthy(parts.dict) {
                    self.unified(parts, false)
                } else {
                    self.payload(None, Some(self.kwargs(index)?))
                }
            }),
            _ => self.payload(Some(self.single(index)?), None),
        }
    }

    /// The answer that a handler returned, at that index: only a table in the unified form has a payload.
    ///
    /// # Errors
    /// What cannot be written, and where it is.
    pub(crate) fn returned(self, index: c_int) -> Result<Returned, String> {
        if self.stack.kind(index) != Kind::Table {
            return Ok(Returned { options: Dict::new(), payload: Payload::empty(self.serializer) });
        }
        let payload = self.with_parts(index, |parts| self.unified(parts, true))?;
        Ok(Returned { options: self.dict(index, Name::Options, "options")?, payload })
    }

    /// The error that a handler raised, at that index. Its URI is under `error` or `uri`.
    ///
    /// # Errors
    /// What cannot be written, and where it is.
    pub(crate) fn raised(self, index: c_int) -> Result<Raised, String> {
        if self.stack.kind(index) != Kind::Table {
            let error = ByteString::from_static(reason::INVOCATION_EXCEPTION);
            return Ok(Raised { error, details: Dict::new(), payload: Payload::empty(self.serializer) });
        }
        let error = self.uri(index, Name::Error).or_else(|| self.uri(index, Name::Uri));
        let payload = self.with_parts(index, |parts| self.unified(parts, true))?;
        Ok(Raised {
            error: error.unwrap_or_else(|| ByteString::from_static(reason::INVOCATION_EXCEPTION)),
            details: self.dict(index, Name::Details, "details")?,
            payload,
        })
    }

    fn has_first_element(self, table: c_int) -> bool {
        self.stack.push_element(table, 1);
        let present = self.stack.kind(-1) != Kind::Nil;
        self.stack.pop(1);
        present
    }

    /// Does something while `argsList` and `argsDict` are on the stack.
    fn with_parts(self, table: c_int, then: impl FnOnce(Parts) -> Result<Payload, String>) -> Result<Payload, String> {
        let top = self.stack.top();
        self.shared.push_field(self.stack, table, Name::ArgsList);
        self.shared.push_field(self.stack, table, Name::ArgsDict);
        let payload = then(Parts { list: top + 1, dict: top + 2 });
        self.stack.set_top(top);
        payload
    }

    /// The two parts of the unified form. A list without a first element is no list at all, unless the position wants
    /// one (`keep_empty`) or a dictionary follows.
    fn unified(self, parts: Parts, keep_empty: bool) -> Result<Payload, String> {
        let args = match self.stack.kind(parts.list) {
            Kind::Nil => None,
            Kind::Table if self.has_first_element(parts.list) => Some(self.args(parts.list)?),
            Kind::Table => keep_empty.then(|| self.empty_list()),
            _ => Some(self.single(parts.list)?),
        };
        let kwargs = if self.stack.truthy(parts.dict) { Some(self.kwargs(parts.dict)?) } else { None };
        self.payload(args, kwargs)
    }

    fn payload(self, args: Option<Bytes>, kwargs: Option<Bytes>) -> Result<Payload, String> {
        let args = if kwargs.is_some() { Some(args.unwrap_or_else(|| self.empty_list())) } else { args };
        Ok(Payload { serializer: self.serializer, args, kwargs })
    }

    fn args(self, index: c_int) -> Result<Bytes, String> {
        written(|out| self.encode(index, Position::Args, out)).map_err(|failure| failure.under("argsList"))
    }

    fn kwargs(self, index: c_int) -> Result<Bytes, String> {
        written(|out| self.encode(index, Position::Kwargs, out)).map_err(|failure| failure.under("argsDict"))
    }

    /// A list of that one value.
    fn single(self, index: c_int) -> Result<Bytes, String> {
        let (open, close): (&[u8], &[u8]) = match self.serializer {
            Serializer::Json => (b"[", b"]"),
            Serializer::MsgPack => (&[0x91], &[]),
            Serializer::Cbor => (&[0x81], &[]),
        };
        written(|out| {
            out.extend_from_slice(open);
            self.encode(index, Position::Inside, out)?;
            out.extend_from_slice(close);
            Ok(())
        })
        .map_err(|failure| failure.under("argsList"))
    }

    const fn empty_list(self) -> Bytes {
        match self.serializer {
            Serializer::Json => Bytes::from_static(b"[]"),
            Serializer::MsgPack => Bytes::from_static(&[0x90]),
            Serializer::Cbor => Bytes::from_static(&[0x80]),
        }
    }

    fn encode(self, index: c_int, position: Position, out: &mut Vec<u8>) -> Encoded {
        encode(self.stack, self.shared, index, self.serializer, position, out)
    }

    /// The dictionary under that name; empty where there is no table.
    fn dict(self, table: c_int, name: Name, root: &str) -> Result<Dict, String> {
        self.shared.push_field(self.stack, table, name);
        let dict = match self.stack.kind(-1) {
            Kind::Table => value::sendable_dict(self.stack, self.shared, self.stack.top()),
            _ => Ok(Dict::new()),
        };
        self.stack.pop(1);
        dict.map_err(|failure| failure.under(root))
    }

    fn uri(self, table: c_int, name: Name) -> Option<ByteString> {
        self.shared.push_field(self.stack, table, name);
        let uri = self.stack.text(-1).map(ByteString::from);
        self.stack.pop(1);
        uri
    }
}

thread_local! {
    /// Written to first, so that a slice costs one allocation of its exact size.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// From this size on the buffer itself becomes the slice, and the next one begins anew.
const LARGE: usize = 16 * 1024;

/// The bytes that `write` appends to an empty buffer.
///
/// # Errors
/// The failure of `write`.
pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>) -> Encoded) -> Result<Bytes, Box<Failure>> {
    let mut out = SCRATCH.take();
    out.clear();
    let result = write(&mut out);
    if result.is_ok() && out.len() >= LARGE {
        return Ok(Bytes::from(out));
    }
    let bytes = result.map(|()| Bytes::copy_from_slice(&out));
    if out.capacity() <= LARGE * 4 {
        SCRATCH.set(out);
    }
    bytes
}
