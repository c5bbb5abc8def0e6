//! The application's arguments, undecoded.

use bytes::Bytes;

use crate::Serializer;

/// `args` and `kwargs` of a message as slices of the frame they came in, or as an encoder wrote them. Only the far
/// end decodes them; a router passes them on, and transcodes once where the receiver's format is another.
///
/// A slice is one complete, syntactically valid value of its format. Whether `args` is a list and `kwargs` a
/// dictionary is for the reader to judge: [`Payload::is_well_formed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The format of both slices.
    pub serializer: Serializer,
    /// The positional arguments; `None` where the message ends before them.
    pub args: Option<Bytes>,
    /// The keyword arguments. Never `Some` while `args` is `None`: the wire cannot say that.
    pub kwargs: Option<Bytes>,
}

impl Payload {
    /// No arguments at all.
    #[must_use]
    pub const fn empty(serializer: Serializer) -> Self {
        Self { serializer, args: None, kwargs: None }
    }

    /// Whether there are no arguments.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.args.is_none() && self.kwargs.is_none()
    }

    /// The bytes that both slices take.
    #[must_use]
    pub fn len(&self) -> usize {
        let size = |slice: &Option<Bytes>| slice.as_ref().map_or(0, Bytes::len);
        size(&self.args) + size(&self.kwargs)
    }
}
