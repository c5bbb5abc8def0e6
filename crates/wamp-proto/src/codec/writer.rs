//! A message's fields, written one after the other.

use std::marker::PhantomData;

use bytes::Bytes;

use super::format::Format;
use super::{EncodeError, sink, transcode};
use crate::{Dict, Id, Payload};

/// Puts the fields of a message into a frame in order. The first error is kept and told at the end.
pub(crate) struct Writer<F> {
    out: Vec<u8>,
    result: Result<(), EncodeError>,
    format: PhantomData<F>,
}

impl<F: Format> Writer<F> {
    /// A frame that begins with the message's code; `room` is what the payload takes, in bytes.
    pub(crate) fn new(code: u64, room: usize) -> Self {
        let mut writer = Self { out: Vec::with_capacity(room + 128), result: Ok(()), format: PhantomData };
        F::open(&mut writer.out);
        writer.integer(code);
        writer
    }

    /// A non-negative integer.
    pub(crate) fn integer(&mut self, value: u64) -> &mut Self {
        self.put(|out| F::uint(out, value))
    }

    /// An id.
    pub(crate) fn id(&mut self, id: Id) -> &mut Self {
        self.integer(id.get())
    }

    /// Text.
    pub(crate) fn string(&mut self, text: &str) -> &mut Self {
        self.put(|out| F::text(out, text))
    }

    /// Options or details.
    pub(crate) fn dict(&mut self, dict: &Dict) -> &mut Self {
        self.put(|out| sink::put_dict::<F>(out, dict))
    }

    /// The arguments. Keyword arguments cannot stand alone: an empty list goes before them.
    pub(crate) fn payload(&mut self, payload: &Payload) -> &mut Self {
        match (&payload.args, &payload.kwargs) {
            (Some(args), _) => self.slice(args, payload),
            (None, Some(_)) => self.put(|out| {
                F::begin_list(out, 0)?;
                F::end_list(out);
                Ok(())
            }),
            (None, None) => self,
        };
        if let Some(kwargs) = &payload.kwargs {
            self.slice(kwargs, payload);
        }
        self
    }

    /// The frame.
    pub(crate) fn finish(mut self) -> Result<Bytes, EncodeError> {
        F::close(&mut self.out);
        self.result.map(|()| self.out.into())
    }

    fn slice(&mut self, slice: &Bytes, payload: &Payload) -> &mut Self {
        self.put(|out| transcode::append(out, slice, payload.serializer, F::SERIALIZER))
    }

    fn put(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>) -> &mut Self {
        if self.result.is_ok() {
            F::next(&mut self.out);
            self.result = write(&mut self.out);
        }
        self
    }
}
