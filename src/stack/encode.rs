//! Lua values to bytes: one walk over the raw stack for all formats.
//!
//! Nothing in here allocates in Lua, so nothing raises (but for the growth of a Lua 5.1 stack when memory is out).

use std::ffi::c_int;
use std::fmt;

use wamp_proto::Serializer;

use super::format::{Cbor, Format, Json, MsgPack, Written};
use super::{Kind, MAX_DEPTH, Name, Number, Shared, Stack};

/// Why a value cannot be written, and where it is.
#[derive(Debug)]
pub(crate) struct Failure {
    reason: String,
    /// From the inside to the outside.
    path: Vec<Step>,
}

#[derive(Debug)]
pub(crate) enum Step {
    Element(i64),
    /// The key is a number, but none of a list.
    Odd(f64),
    Member(String),
}

/// Results are passed up through every level of the walk, so they are one pointer wide.
pub(crate) type Encoded = Result<(), Box<Failure>>;

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Box<Self> {
        Box::new(Self { reason: reason.into(), path: Vec::new() })
    }

    pub(crate) fn within(mut self: Box<Self>, step: Step) -> Box<Self> {
        self.path.push(step);
        self
    }

    /// The message about an option.
    pub(crate) fn of_option(&self) -> String {
        format!("option '{}': {}", Path(&self.path), self.reason)
    }

    /// The message, with the path beginning at that name.
    pub(crate) fn under(mut self: Box<Self>, root: &str) -> String {
        self.path.push(Step::Member(root.to_owned()));
        self.to_string()
    }
}

impl fmt::Display for Failure {
    /// `sensor[3].unit: function cannot be encoded`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{}", Path(&self.path), self.reason)
    }
}

/// Steps from the inside to the outside.
struct Path<'a>(&'a [Step]);

impl fmt::Display for Path<'_> {
    /// `sensor[3].unit`; a long path, as a cycle has one, is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        for (at, step) in self.0.iter().rev().take(SHOWN).enumerate() {
            match step {
                Step::Element(index) => write!(f, "[{index}]")?,
                Step::Odd(key) => write!(f, "[{key}]")?,
                Step::Member(name) if at == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
            }
        }
        f.write_str(if self.0.len() > SHOWN { "..." } else { "" })
    }
}

/// What a table is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    List,
    Map,
    /// By its content.
    Unmarked,
}

/// Where in a WAMP message a value stands, which decides what an empty table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Anywhere inside the application's data.
    Inside,
    /// The `args` of a message: a table is a list, whatever it looks like.
    Args,
    /// The `kwargs` of a message: an empty table is a dictionary.
    Kwargs,
}

/// Writes the value at that index.
///
/// # Errors
/// [`Failure`] when the format has no way to say it, or it is nested too deep.
pub(crate) fn encode(
    stack: Stack,
    shared: Shared,
    index: c_int,
    serializer: Serializer,
    position: Position,
    out: &mut Vec<u8>,
) -> Encoded {
    match serializer {
        Serializer::Json => Walk::<Json>::new(stack, shared, out).root(index, position),
        Serializer::MsgPack => Walk::<MsgPack>::new(stack, shared, out).root(index, position),
        Serializer::Cbor => Walk::<Cbor>::new(stack, shared, out).root(index, position),
    }
}

struct Walk<'a, F: Format> {
    stack: Stack,
    shared: Shared,
    out: &'a mut Vec<u8>,
    /// The stack's height, counted here so that Lua need not be asked.
    top: c_int,
    depth: usize,
    format: std::marker::PhantomData<F>,
}

impl<'a, F: Format> Walk<'a, F> {
    fn new(stack: Stack, shared: Shared, out: &'a mut Vec<u8>) -> Self {
        Self { stack, shared, out, top: stack.top(), depth: 0, format: std::marker::PhantomData }
    }

    fn root(&mut self, index: c_int, position: Position) -> Encoded {
        let top = self.top;
        let written = match (self.stack.kind(index), position) {
            (Kind::Table, Position::Args) => self.table(index, Some(Shape::List)),
            (Kind::Table, Position::Kwargs) if self.is_empty_and_unmarked(index) => self.table(index, Some(Shape::Map)),
            _ => self.value(index),
        };
        if written.is_err() {
            self.stack.set_top(top);
        }
        written
    }

    fn value(&mut self, index: c_int) -> Encoded {
        let written = match self.stack.kind(index) {
            Kind::String => self.string(index),
            Kind::Number => F::number(self.out, self.number(index)),
            Kind::Table => return self.table(index, None),
            Kind::Boolean => {
                F::boolean(self.out, self.stack.truthy(index));
                Ok(())
            }
            Kind::Nil => self.null(),
            Kind::LightUserdata | Kind::Other if self.shared.is_null(self.stack, index) => self.null(),
            Kind::LightUserdata | Kind::Other => return Err(self.unsupported(index)),
        };
        written.map_err(Failure::new)
    }

    fn null(&mut self) -> Written {
        F::null(self.out);
        Ok(())
    }

    fn number(&self, index: c_int) -> Number {
        self.stack.number_by_subtype(index)
    }

    #[inline]
    fn string(&mut self, index: c_int) -> Written {
        F::string(self.out, self.stack.bytes(index))
    }

    #[cold]
    fn unsupported(&self, index: c_int) -> Box<Failure> {
        Failure::new(format!("{} cannot be encoded", self.stack.type_name(index)))
    }

    fn table(&mut self, index: c_int, forced: Option<Shape>) -> Encoded {
        // Key, value, and two while a metatable is looked at.
        if self.depth == MAX_DEPTH || !self.stack.reserve(4) {
            return Err(Failure::new(format!("nested more than {MAX_DEPTH} levels deep, or in a cycle")));
        }
        let index = if index < 0 { self.top + 1 + index } else { index };
        let shape = match forced {
            Some(shape) => shape,
            None => self.shape(index),
        };
        self.depth += 1;
        if shape == Shape::List {
            self.list(index)?
        } else {
            self.map(index)?
        }
        self.depth -= 1;
        Ok(())
    }

    /// Marked tables are what their mark says, the others what their content looks like to the format.
    fn shape(&self, index: c_int) -> Shape {
        match self.mark(index) {
            Shape::Unmarked if self.looks_like_a_list(index) => Shape::List,
            Shape::Unmarked => Shape::Map,
            marked => marked,
        }
    }

    fn looks_like_a_list(&self, index: c_int) -> bool {
        let len = self.stack.raw_len(index);
        match len {
            0 => F::EMPTY_IS_LIST && self.is_empty(index),
            _ => F::LISTS_BY_LENGTH || self.is_sequence(index, len),
        }
    }

    /// What the metatable's `__jsontype` says.
    fn mark(&self, index: c_int) -> Shape {
        if !self.stack.push_metatable(index) {
            return Shape::Unmarked;
        }
        self.shared.push_field(self.stack, self.top + 1, Name::JsonType);
        let shape = match self.stack.kind(-1) {
            Kind::String if self.stack.bytes(-1) == b"array" => Shape::List,
            Kind::String if self.stack.bytes(-1) == b"object" => Shape::Map,
            Kind::String | Kind::Number if F::OTHER_MARKS_ARE_MAPS => Shape::Map,
            _ => Shape::Unmarked,
        };
        self.stack.pop(2);
        shape
    }

    fn is_empty(&self, index: c_int) -> bool {
        self.stack.push_nil();
        let some = self.stack.next(index);
        if some {
            self.stack.pop(2);
        }
        !some
    }

    fn is_empty_and_unmarked(&self, index: c_int) -> bool {
        self.mark(index) == Shape::Unmarked && self.is_empty(index)
    }

    /// Whether the keys are 1 to `len` and nothing else.
    fn is_sequence(&self, index: c_int, len: usize) -> bool {
        let mut seen = 0;
        self.stack.push_nil();
        while self.stack.next(index) {
            self.stack.pop(1);
            let inside = matches!(self.key(), Number::Integer(key) if key >= 1 && key as u64 <= len as u64);
            if !inside {
                self.stack.pop(1);
                return false;
            }
            seen += 1;
        }
        seen == len
    }

    /// The number on top, or one that is no index where the top is no number.
    fn key(&self) -> Number {
        match self.stack.kind(-1) {
            Kind::Number => self.stack.number_by_subtype(-1),
            _ => Number::Integer(0),
        }
    }

    fn list(&mut self, index: c_int) -> Encoded {
        let len = self.stack.raw_len(index);
        F::begin_list(self.out, len).map_err(Failure::new)?;
        for at in 1..=len as i64 {
            F::before_element(self.out, at == 1);
            self.stack.push_element(index, at);
            self.top += 1;
            self.value(-1).map_err(|failure| failure.within(Step::Element(at)))?;
            self.top -= 1;
            self.stack.pop(1);
        }
        F::end_list(self.out);
        Ok(())
    }

    fn map(&mut self, index: c_int) -> Encoded {
        let start = self.out.len();
        let mut len = 0;
        F::begin_map(self.out);
        self.stack.push_nil();
        while self.stack.next(index) {
            self.top += 2;
            let is_string = self.stack.kind(-2) == Kind::String;
            if is_string || !F::STRING_KEYS {
                F::before_key(self.out, len == 0);
                self.member(is_string)?;
                len += 1;
            }
            self.top -= 2;
            self.stack.pop(1);
        }
        F::end_map(self.out, start, len).map_err(Failure::new)
    }

    /// Writes the key and the value on top.
    fn member(&mut self, key_is_string: bool) -> Encoded {
        let key = self.top - 1;
        let written = if key_is_string { self.string(key).map_err(Failure::new) } else { self.value(key) };
        written.map_err(|failure| failure.within(self.step(key)))?;
        F::before_value(self.out);
        self.value(key + 1).map_err(|failure| failure.within(self.step(key)))
    }

    #[cold]
    fn step(&self, key: c_int) -> Step {
        match self.stack.kind(key) {
            Kind::String => Step::Member(String::from_utf8_lossy(self.stack.bytes(key)).into_owned()),
            Kind::Number => match self.stack.number_by_subtype(key) {
                Number::Integer(at) => Step::Element(at),
                Number::Float(at) => Step::Member(at.to_string()),
            },
            _ => Step::Member(format!("({})", self.stack.type_name(key))),
        }
    }
}
