//! The application's arguments, undecoded.

use bytes::Bytes;

use crate::{Dict, EncodeError, Serializer, Value};

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

    /// These arguments, written in that format (see [`Serializer::write_value`]). Keyword arguments alone follow an
    /// empty list.
    #[must_use]
    pub fn from_values(serializer: Serializer, args: Option<Vec<Value>>, kwargs: Option<Dict>) -> Self {
        let args = args.or_else(|| kwargs.is_some().then(Vec::new));
        Self {
            serializer,
            args: args.map(|list| serializer.write_value(&Value::List(list))),
            kwargs: kwargs.map(|dict| serializer.write_value(&Value::Dict(dict))),
        }
    }

    /// The same arguments in that format.
    ///
    /// # Errors
    /// [`EncodeError`] when they hold what that format cannot express, see [`Serializer::transcode`].
    pub fn to(&self, serializer: Serializer) -> Result<Self, EncodeError> {
        let slice = |slice: &Option<Bytes>| {
            slice.as_ref().map(|slice| Serializer::transcode(slice, self.serializer, serializer)).transpose()
        };
        Ok(Self { serializer, args: slice(&self.args)?, kwargs: slice(&self.kwargs)? })
    }

    /// A copy of its own: slices of a frame keep all of that in memory.
    #[must_use]
    pub fn detached(&self) -> Self {
        let copy = |slice: &Option<Bytes>| slice.as_deref().map(Bytes::copy_from_slice);
        Self { serializer: self.serializer, args: copy(&self.args), kwargs: copy(&self.kwargs) }
    }

    /// Whether the positional arguments are a list and the keyword arguments a dictionary, where there are some. Looks
    /// at the first bytes only.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.args.as_deref().is_none_or(|args| self.serializer.is_list(args))
            && self.kwargs.as_deref().is_none_or(|kwargs| self.serializer.is_dict(kwargs))
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_become_slices_of_each_format() {
        for serializer in Serializer::ALL {
            let payload = Payload::from_values(serializer, None, Some(Dict::new().with("a", true)));
            assert_eq!(serializer.read_value(&payload.args.clone().unwrap()).unwrap(), Value::List(vec![]));
            assert!(payload.is_well_formed());
            for other in Serializer::ALL {
                assert_eq!(payload.to(other).unwrap().to(serializer).unwrap(), payload);
            }
        }
    }

    #[test]
    fn what_is_detached_lets_go_of_the_frame() {
        let frame = Bytes::from(b"[1]{}and all the rest".to_vec());
        let (args, kwargs) = (Some(frame.slice(..3)), Some(frame.slice(3..5)));
        let payload = Payload { serializer: Serializer::Json, args, kwargs };
        let detached = payload.detached();
        assert_eq!(detached, payload);
        drop(payload);
        assert!(frame.is_unique());
    }

    #[test]
    fn arguments_are_a_list_and_a_dictionary() {
        let payload = |args: &'static str, kwargs: &'static str| Payload {
            serializer: Serializer::Json,
            args: Some(Bytes::from_static(args.as_bytes())),
            kwargs: Some(Bytes::from_static(kwargs.as_bytes())),
        };
        assert!(payload("[1]", "{}").is_well_formed());
        assert!(!payload("null", "{}").is_well_formed());
        assert!(!payload("[]", "[]").is_well_formed());
        assert!(!payload("{}", "{}").is_well_formed());
        assert!(Payload::empty(Serializer::MsgPack).is_well_formed());
    }
}
