//! What a serialization format has to know.

use super::sink::Sink;
use super::{DecodeError, MAX_DEPTH, MAX_VALUES, Serializer};
use crate::Value;

/// How the values of a format look as bytes.
pub(crate) trait Format: Sink {
    /// The format's name.
    const SERIALIZER: Serializer;
    /// An empty dictionary, as most writers write it.
    const EMPTY_DICT: &[u8];

    /// Cuts a frame into the elements of its list, checking the syntax of the whole frame.
    fn split(frame: &[u8]) -> Result<Elements<'_>, DecodeError>;

    /// The non-negative integer that fills the slice.
    fn integer(slice: &[u8]) -> Option<u64>;

    /// The text that fills the slice.
    fn string(slice: &[u8]) -> Option<String>;

    /// The value that fills the slice.
    fn value(slice: &[u8]) -> Result<Value, DecodeError>;

    /// Begins the list of a message.
    fn open(out: &mut Vec<u8>);

    /// Announces one more element of that list.
    fn next(out: &mut Vec<u8>);

    /// Ends that list.
    fn close(out: &mut Vec<u8>);
}

/// No message has more elements; what follows is ignored, as the specification wants it.
const MAX_ELEMENTS: usize = 7;

/// The first elements of a message, undecoded.
#[derive(Default)]
pub(crate) struct Elements<'a> {
    slices: [&'a [u8]; MAX_ELEMENTS],
    count: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn is_full(&self) -> bool {
        self.count == MAX_ELEMENTS
    }

    pub(super) fn push(&mut self, slice: &'a [u8]) {
        if let Some(free) = self.slices.get_mut(self.count) {
            *free = slice;
            self.count += 1;
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&'a [u8]> {
        self.slices[..self.count].get(at).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        self.slices[..self.count].iter().copied()
    }
}

/// What decoding one [`Value`] may still take.
pub(super) struct Budget {
    depth: usize,
    values: usize,
}

impl Budget {
    pub(super) const fn new() -> Self {
        Self { depth: MAX_DEPTH - 1, values: MAX_VALUES }
    }

    /// One more value.
    pub(super) fn value(&mut self) -> Result<(), &'static str> {
        self.values = self.values.checked_sub(1).ok_or("too many values")?;
        Ok(())
    }

    /// One level down.
    pub(super) fn enter(&mut self) -> Result<(), &'static str> {
        self.depth = self.depth.checked_sub(1).ok_or("nested too deeply")?;
        Ok(())
    }

    /// One level up.
    pub(super) fn leave(&mut self) {
        self.depth += 1;
    }
}
