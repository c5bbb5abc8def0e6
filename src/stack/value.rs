//! Options and details: Lua tables to the dictionaries of the protocol and back.

use std::ffi::c_int;

use bytes::Bytes;
use bytestring::ByteString;
use wamp_proto::{Dict, Value};

use super::encode::{Failure, Step};
use super::{Kind, MAX_DEPTH, Name, Number, Shared, Stack, integral};

type Read<T> = Result<T, Box<Failure>>;

/// The keys whose value is always a list, also when the table is empty.
const LISTS: [&str; 7] = [
    "authmethods",
    "eligible",
    "eligible_authid",
    "eligible_authrole",
    "exclude",
    "exclude_authid",
    "exclude_authrole",
];

/// The dictionary of the table at that index; keys that are no text are left out. Raises nothing.
///
/// # Errors
/// [`Failure`] for what no option can be, as a function, or for tables that are nested too deep.
pub(crate) fn dict(stack: Stack, shared: Shared, index: c_int) -> Read<Dict> {
    Reader { stack, shared, finite: false, exact: false }.whole(index)
}

/// The same for what is read by somebody: nothing is left out.
///
/// # Errors
/// Likewise, and for keys that are no text, and for what is in a table beside a list.
pub(crate) fn exact_dict(stack: Stack, shared: Shared, index: c_int) -> Read<Dict> {
    Reader { stack, shared, finite: false, exact: true }.whole(index)
}

/// The same for what is part of a message: in whichever format it will be sent, it can be expressed.
///
/// # Errors
/// Likewise, and for NaN and infinities.
pub(crate) fn sendable_dict(stack: Stack, shared: Shared, index: c_int) -> Read<Dict> {
    Reader { stack, shared, finite: true, exact: false }.whole(index)
}

/// The value at that absolute index, as the member of such a dictionary that has this name.
///
/// # Errors
/// Likewise.
pub(crate) fn sendable(stack: Stack, shared: Shared, name: &str, index: c_int) -> Read<Value> {
    let top = stack.top();
    let value = Reader { stack, shared, finite: true, exact: false }.value(index, 1);
    stack.set_top(top);
    value.map(|value| as_wanted(name, value))
}

#[derive(Clone, Copy)]
struct Reader {
    stack: Stack,
    shared: Shared,
    /// Whether NaN and infinities are refused.
    finite: bool,
    /// Whether tables that are neither a list nor a dictionary are refused, and what has no value here is told apart.
    exact: bool,
}

impl Reader {
    fn whole(self, index: c_int) -> Read<Dict> {
        let top = self.stack.top();
        let dict = self.dict(index, 0);
        self.stack.set_top(top);
        dict
    }

    /// `index` is absolute here and below.
    fn value(self, index: c_int, depth: usize) -> Read<Value> {
        Ok(match self.stack.kind(index) {
            Kind::Nil => Value::Null,
            Kind::Boolean => Value::Bool(self.stack.truthy(index)),
            Kind::Number => self.number(index)?,
            Kind::String => string(self.stack.bytes(index)),
            Kind::Table if self.is_list(index) => self.list(index, depth)?,
            Kind::Table => Value::Dict(self.dict(index, depth)?),
            Kind::LightUserdata | Kind::Other if self.shared.is_null(self.stack, index) => Value::Null,
            _ => {
                let name = self.stack.type_name(index);
                let reason =
                    if self.exact { format!("cannot be a {name}") } else { format!("{name} cannot be encoded") };
                return Err(Failure::new(reason));
            }
        })
    }

    fn number(self, index: c_int) -> Read<Value> {
        match number(self.stack.number_by_subtype(index)) {
            Value::Float(float) if self.finite && !float.is_finite() => {
                Err(Failure::new("NaN and infinity cannot be encoded"))
            }
            number => Ok(number),
        }
    }

    fn is_list(self, index: c_int) -> bool {
        if !self.stack.reserve(4) || !self.stack.push_metatable(index) {
            return self.stack.raw_len(index) > 0;
        }
        self.shared.push_field(self.stack, -1, Name::JsonType);
        let list = match self.stack.kind(-1) {
            Kind::String => self.stack.bytes(-1) == b"array",
            _ => self.stack.raw_len(index) > 0,
        };
        self.stack.pop(2);
        list
    }

    fn enter(self, depth: usize) -> Read<usize> {
        if depth == MAX_DEPTH || !self.stack.reserve(4) {
            return Err(Failure::new(format!("nested more than {MAX_DEPTH} levels deep, or in a cycle")));
        }
        Ok(depth + 1)
    }

    fn list(self, index: c_int, depth: usize) -> Read<Value> {
        let depth = self.enter(depth)?;
        if self.exact {
            self.check_list(index)?;
        }
        let mut list = Vec::new();
        for at in 1..=self.stack.raw_len(index) as i64 {
            self.stack.push_element(index, at);
            let element = self.value(self.stack.top(), depth);
            list.push(element.map_err(|failure| failure.within(Step::Element(at)))?);
            self.stack.pop(1);
        }
        Ok(Value::List(list))
    }

    /// What a list does not have.
    fn check_list(self, index: c_int) -> Read<()> {
        let len = self.stack.raw_len(index) as i64;
        self.stack.push_nil();
        while self.stack.next(index) {
            let inside = self.stack.integer(-2).is_some_and(|at| (1..=len).contains(&at));
            if !inside {
                let ends = self.stack.kind(-2) == Kind::Number;
                let failure = Failure::new(if ends { "the list ends before it" } else { "a list has no names" });
                return Err(self.at_key(failure));
            }
            self.stack.pop(1);
        }
        Ok(())
    }

    /// That failure at the key below the top, as far as it can be shown.
    fn at_key(self, failure: Box<Failure>) -> Box<Failure> {
        match (self.stack.text(-2), self.stack.kind(-2)) {
            (Some(name), _) => failure.within(Step::Member(name.to_owned())),
            (None, Kind::Number) => match self.stack.number_by_subtype(-2) {
                Number::Integer(at) => failure.within(Step::Element(at)),
                Number::Float(at) => failure.within(Step::Odd(at)),
            },
            _ => failure,
        }
    }

    fn dict(self, index: c_int, depth: usize) -> Read<Dict> {
        let depth = self.enter(depth)?;
        let mut dict = Dict::new();
        self.stack.push_nil();
        while self.stack.next(index) {
            if let Some(key) = self.stack.text(-2) {
                let member = self.value(self.stack.top(), depth);
                let member = member.map_err(|failure| failure.within(Step::Member(key.to_owned())))?;
                dict.insert(key, as_wanted(key, member));
            } else if self.exact {
                let found = self.stack.type_name(-2);
                return Err(self.at_key(Failure::new(format!("expected a name, got {found}"))));
            }
            self.stack.pop(1);
        }
        Ok(dict)
    }
}

/// An empty table where only a list can be is an empty list.
fn as_wanted(key: &str, value: Value) -> Value {
    match value {
        Value::Dict(dict) if dict.is_empty() && LISTS.contains(&key) => Value::List(Vec::new()),
        value => value,
    }
}

fn number(number: Number) -> Value {
    match number {
        Number::Integer(integer) => Value::Int(integer),
        Number::Float(float) => integral(float).map_or(Value::Float(float), Value::Int),
    }
}

fn string(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Str(ByteString::from(text)),
        Err(_) => Value::Bin(Bytes::copy_from_slice(bytes)),
    }
}

/// Pushes the dictionary as a table. Raises when memory runs out.
pub(crate) fn push_dict(stack: Stack, shared: Shared, dict: &Dict) {
    stack.push_table(0, dict.len());
    for (key, value) in dict.iter() {
        stack.push_bytes(key.as_bytes());
        push_value(stack, shared, value);
        stack.raw_set(-3);
    }
    shared.push_object_metatable(stack);
    stack.set_metatable(-2);
}

/// Pushes the value. Raises when memory runs out.
pub(crate) fn push_value(stack: Stack, shared: Shared, value: &Value) {
    if !stack.reserve(8) {
        return stack.push_nil();
    }
    match value {
        Value::Null => shared.push_null(stack),
        Value::Bool(boolean) => stack.push_boolean(*boolean),
        Value::Int(integer) => stack.push_integer(*integer),
        Value::Uint(integer) => stack.push_number(*integer as f64),
        Value::Float(float) => stack.push_number(*float),
        Value::Str(text) => stack.push_bytes(text.as_bytes()),
        Value::Bin(bytes) => stack.push_bytes(bytes),
        Value::List(list) => push_list(stack, shared, list),
        Value::Dict(dict) => push_dict(stack, shared, dict),
    }
}

fn push_list(stack: Stack, shared: Shared, list: &[Value]) {
    stack.push_table(list.len(), 0);
    for (value, at) in list.iter().zip(1..) {
        push_value(stack, shared, value);
        stack.set_element(-2, at);
    }
    shared.push_array_metatable(stack);
    stack.set_metatable(-2);
}
