//! How Lua calls Rust: every function of the module is a C closure, whose first upvalue is the table of
//! [`Shared`](crate::stack::Shared) and whose second, in methods, the metatable of their objects
//! ([`handle`](crate::handle)).
//!
//! A call has two phases, because a Lua error leaves a C function by jumping (or, in LuaJIT, by unwinding) over its
//! frames:
//! 1. *Work*: arguments are read and everything is done, in Rust alone. Nothing raises a Lua error; a panic is caught
//!    and becomes one.
//! 2. *Answer*: results are pushed. Lua may raise here, for want of memory. What owns memory is therefore pushed in a
//!    [protected](crate::stack::protected) call, from where it stays, and dropped before the error goes on.

use std::any::Any;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mlua::ffi;

use crate::stack::{Kind, MAX_DEPTH, Shared, Stack, protected};

/// In the older Luas `lua_checkstack` itself raises when memory runs out.
const RESERVE_RAISES: bool = cfg!(any(feature = "lua51", feature = "luajit"));

/// What reading the deepest of values takes of the stack.
const ROOM: usize = 3 * MAX_DEPTH + 64;

/// What a function got: its arguments begin at stack index 1.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) stack: Stack,
    pub(crate) shared: Shared,
}

/// A misuse of the function: raised as an error that points at the caller. Expected failures are answers instead.
pub(crate) type Misuse = String;

/// Results that know how to become Lua values.
pub(crate) trait Answer {
    /// Whether the function reads or pushes what may be deep. One that does not never fails for want of memory: what ends
    /// a turn must not.
    const TAKES_ROOM: bool = true;

    /// Pushes the results and says how many there are. Raises when memory runs out, and owns nothing then but what
    /// `self` still has. Of the arguments and upvalues there are only those that [`Call::shared`] stands for.
    fn push(&mut self, call: Call) -> c_int;

    /// The same results, if they own no memory after all.
    fn plain(&self) -> Option<Plain> {
        None
    }
}

/// Results that own nothing, whatever they might have been: they are pushed unprotected, and no Lua code, not even a
/// hook of the debug library, runs between the work and the end of that.
#[derive(Clone, Copy)]
pub(crate) enum Plain {
    Nothing,
    True,
    Number(u64),
    /// The number of a request, which is also the key of `pending` in the table `requests`, both stack indexes: an answer
    /// never comes before what waits for it.
    Request {
        number: u64,
        requests: c_int,
        pending: c_int,
    },
}

impl Answer for Plain {
    fn push(&mut self, call: Call) -> c_int {
        match *self {
            Self::Nothing => return 0,
            Self::True => call.stack.push_boolean(true),
            Self::Number(number) => call.stack.push_integer(number as i64),
            Self::Request { number, requests, pending } => {
                call.stack.push_integer(number as i64);
                call.stack.push_copy(pending);
                call.stack.raw_set(requests);
                call.stack.push_integer(number as i64);
            }
        }
        1
    }

    fn plain(&self) -> Option<Plain> {
        Some(*self)
    }
}

/// Runs both phases of a call.
///
/// # Safety
/// `state` is what Lua called the C function with, whose upvalues are as this module says.
pub(crate) unsafe fn run<A: Answer>(state: *mut ffi::lua_State, work: fn(Call) -> Result<A, Misuse>) -> c_int {
    // SAFETY: for the time of this call, as the caller promises.
    let stack = unsafe { Stack::new(state) };
    // Where this can raise, it does so here; what is left of the stack says no later.
    let _ = RESERVE_RAISES && A::TAKES_ROOM && stack.reserve(ROOM);
    let call = Call { stack, shared: Shared::of_function() };
    match caught(|| work(call)).and_then(|answer| answered(call, answer)) {
        Ok(count) => count,
        Err(misuse) => {
            // A panic, which this cannot be, would be a message without text.
            let _ = answered(call, misuse);
            stack.raise()
        }
    }
}

pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Misuse>) -> Result<T, Misuse> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(message_of(&*panic)))
}

/// Pushes the answer; an error of Lua's goes on when it is dropped.
fn answered<A: Answer>(call: Call, mut answer: A) -> Result<c_int, Misuse> {
    if !std::mem::needs_drop::<A>() {
        return protected::unprotected(|| answer.push(call));
    }
    if let Some(mut plain) = answer.plain() {
        drop(answer);
        return protected::unprotected(|| plain.push(call));
    }
    match protected::protected(call.stack, call.shared, |stack, shared| answer.push(Call { stack, shared })) {
        Ok(result) => result,
        Err(raised) => {
            drop(answer);
            raised.go_on(call.stack)
        }
    }
}

#[cold]
fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("loowy: a defect: {}", text.unwrap_or("panic"))
}

/// The functions of one module table: the name and the C function of each.
pub(crate) type Functions = &'static [(&'static str, ffi::lua_CFunction)];

/// Makes [`Functions`] of names and Rust functions from [`Call`] to an answer or a [`Misuse`].
macro_rules! functions {
    ($($(#[$when:meta])? $name:literal => $work:path),* $(,)?) => {
        &[$($(#[$when])? ($name, {
            unsafe extern "C-unwind" fn entry(state: *mut mlua::ffi::lua_State) -> std::ffi::c_int {
                // SAFETY: only ever called by Lua, as a closure that `push_functions` made.
                unsafe { $crate::function::run(state, $work) }
            }
            entry
        })),*]
    };
}
pub(crate) use functions;

/// Pushes a table of closures, each with the values at the indexes as its upvalues. Raises when memory runs out.
pub(crate) fn push_functions(stack: Stack, functions: Functions, upvalues: &[c_int]) {
    stack.push_table(0, functions.len());
    push_closures(stack, functions, upvalues, stack.top());
}

/// The same into the table at that index.
pub(crate) fn push_closures(stack: Stack, functions: Functions, upvalues: &[c_int], table: c_int) {
    for (name, function) in functions {
        for upvalue in upvalues {
            stack.push_copy(*upvalue);
        }
        stack.push_closure(*function, upvalues.len() as c_int);
        stack.set_field(table, name);
    }
}

impl Call {
    /// Pushes something that owns memory, in the course of an answer; the value is dropped.
    pub(crate) fn push_owned<T>(self, value: T, push: impl Fn(Self, &T)) {
        let pushed = protected::protected(self.stack, self.shared, |stack, shared| {
            let top = stack.top();
            push(Self { stack, shared }, &value);
            stack.top() - top
        });
        if let Err(raised) = pushed {
            drop(value);
            raised.go_on(self.stack);
        }
    }

    /// The text at that argument.
    pub(crate) fn text<'a>(self, index: c_int, name: &str) -> Result<&'a str, Misuse> {
        self.stack.text(index).ok_or_else(|| self.wrong(index, name, "a string of UTF-8 text"))
    }

    /// The non-negative integer at that argument.
    pub(crate) fn id(self, index: c_int, name: &str) -> Result<u64, Misuse> {
        let id = self.stack.integer(index).and_then(|id| u64::try_from(id).ok());
        id.ok_or_else(|| self.wrong(index, name, "a non-negative integer"))
    }

    #[cold]
    pub(crate) fn wrong(self, index: c_int, name: &str, wanted: &str) -> Misuse {
        let given = match self.stack.kind(index) {
            Kind::Nil => "nothing",
            _ => self.stack.type_name(index),
        };
        format!("{name} must be {wanted}, not {given}")
    }
}

impl Answer for () {
    const TAKES_ROOM: bool = false;

    fn push(&mut self, _call: Call) -> c_int {
        0
    }
}

/// `true`.
pub(crate) struct True;

impl Answer for True {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_boolean(true);
        1
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain::True)
    }
}

impl Answer for bool {
    const TAKES_ROOM: bool = false;

    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_boolean(*self);
        1
    }
}

impl Answer for i32 {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_integer((*self).into());
        1
    }
}

impl Answer for f64 {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_number(*self);
        1
    }
}

impl Answer for u64 {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_integer(*self as i64);
        1
    }

    fn plain(&self) -> Option<Plain> {
        Some(Plain::Number(*self))
    }
}

impl Answer for &'static str {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_bytes(self.as_bytes());
        1
    }
}

impl Answer for String {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_bytes(self.as_bytes());
        1
    }
}

/// The value, or `nil`.
impl<A: Answer> Answer for Option<A> {
    fn push(&mut self, call: Call) -> c_int {
        match self {
            Some(answer) => answer.push(call),
            None => {
                call.stack.push_nil();
                1
            }
        }
    }
}

/// The value, or `nil` and the message: a failure that the program has to expect.
impl<A: Answer> Answer for Result<A, String> {
    fn push(&mut self, call: Call) -> c_int {
        match self {
            Ok(answer) => answer.push(call),
            Err(message) => {
                call.stack.push_nil();
                call.stack.push_bytes(message.as_bytes());
                2
            }
        }
    }

    fn plain(&self) -> Option<Plain> {
        self.as_ref().ok().and_then(Answer::plain)
    }
}
