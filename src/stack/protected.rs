//! Pushing what may raise a Lua error while memory is owned.
//!
//! Where Lua raises by jumping, the frames in between are left as they are: their destructors do not run. So what owns
//! memory is pushed by a function that Lua calls in protected mode, and only borrows it; the owner hears of the error,
//! drops what it has and lets the error go on. LuaJIT raises by unwinding, which runs the destructors: there, it is a
//! plain call.

use std::ffi::c_int;

use mlua::ffi;

use super::{Shared, Stack};
use crate::function::{Misuse, caught};

/// An error of Lua's, whose value is on top of the stack.
pub(crate) struct Raised(());

impl Raised {
    /// To be called when nothing is owned any more.
    pub(crate) fn go_on(self, stack: Stack) -> ! {
        // SAFETY: in a C function, whose stack that is; the value is on top.
        unsafe { ffi::lua_error(stack.state()) }
    }
}

/// Runs `push`, which says how many values it has pushed and borrows all that it needs. Where Lua jumps, it has a stack
/// of its own, on which only the shared table is.
///
/// # Errors
/// What Lua raised; inside, a panic.
pub(crate) fn protected(
    stack: Stack,
    shared: Shared,
    push: impl FnMut(Stack, Shared) -> c_int,
) -> Result<Result<c_int, Misuse>, Raised> {
    #[cfg(feature = "luajit")]
    return Ok(unprotected(|| { push }(stack, shared)));
    #[cfg(not(feature = "luajit"))]
    run(stack, shared, push)
}

/// LuaJIT's unwinding would be taken by `catch_unwind` for a foreign exception, which aborts. So there a panic while
/// results are pushed, a defect, ends the process; a Lua error never does. The other Luas jump over the frame.
pub(crate) fn unprotected(push: impl FnOnce() -> c_int) -> Result<c_int, Misuse> {
    if cfg!(feature = "luajit") { Ok(push()) } else { caught(|| Ok(push())) }
}

/// What the trampoline gets.
#[cfg_attr(feature = "luajit", allow(dead_code, reason = "nothing is protected there"))]
struct Pushing<'a> {
    push: &'a mut dyn FnMut(Stack, Shared) -> c_int,
    result: Result<c_int, Misuse>,
}

#[cfg(not(feature = "luajit"))]
fn run(
    stack: Stack,
    shared: Shared,
    mut push: impl FnMut(Stack, Shared) -> c_int,
) -> Result<Result<c_int, Misuse>, Raised> {
    let top = stack.top();
    let mut pushing = Pushing { push: &mut push, result: Ok(0) };
    shared.push_trampoline(stack);
    shared.push(stack);
    stack.push_light_userdata((&raw mut pushing).cast());
    // SAFETY: the trampoline and its two arguments are on the stack.
    let status = unsafe { ffi::lua_pcall(stack.state(), 2, ffi::LUA_MULTRET, 0) };
    if status != ffi::LUA_OK {
        return Err(Raised(()));
    }
    let count = stack.top() - top;
    Ok(pushing.result.map(|_| count))
}

/// What Lua calls in protected mode.
pub(super) unsafe extern "C-unwind" fn trampoline(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: only `run` calls this, with the shared table and what is on its stack frame.
    let (stack, pushing) = unsafe { (Stack::new(state), &mut *ffi::lua_touserdata(state, 2).cast::<Pushing<'_>>()) };
    let result = caught(|| Ok((pushing.push)(stack, Shared::at(1))));
    let count = *result.as_ref().unwrap_or(&0);
    pushing.result = result;
    count
}
