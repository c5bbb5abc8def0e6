//! Rust values that Lua owns: a full userdata with a `__gc`, which no Lua program ever gets into its hands, as it is only
//! an upvalue of the functions that use it.

use std::ffi::c_int;

use mlua::ffi;

use crate::function::{Call, Misuse};
use crate::stack::Stack;

/// Pushes the value as a userdata. When memory runs out this raises, and the value is lost.
pub(crate) fn push<T: 'static>(stack: Stack, value: T) {
    // SAFETY: the userdata is as large and as aligned as a pointer; it is null until the end, which `collect` accepts.
    let slot = unsafe {
        let slot = ffi::lua_newuserdata(stack.state(), size_of::<*mut T>()).cast::<*mut T>();
        slot.write(std::ptr::null_mut());
        slot
    };
    stack.push_table(0, 1);
    stack.push_closure(collect::<T>, 0);
    stack.set_field(-2, "__gc");
    stack.set_metatable(-2);
    // SAFETY: as above; the userdata is on the stack.
    unsafe { slot.write(Box::into_raw(Box::new(value))) };
}

/// `__gc`: drops the value. A second time, as `lua_close` in its arbitrary order may bring about, it does nothing.
unsafe extern "C-unwind" fn collect<T: 'static>(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: Lua calls this with the userdata that `push` made; the pointer in it is null or of a box.
    unsafe {
        let slot = ffi::lua_touserdata(state, 1).cast::<*mut T>();
        let value = slot.replace(std::ptr::null_mut());
        if !value.is_null() {
            let value = Box::from_raw(value);
            // A panic must not cross the collector.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(value)));
        }
    }
    0
}

impl Call {
    /// The value in the running function's second upvalue.
    ///
    /// # Errors
    /// When it was collected, which a program can only see in a `__gc` of its own while its Lua state closes.
    pub(crate) fn handle<'a, T: 'static>(self) -> Result<&'a T, Misuse> {
        let slot = self.stack.userdata(ffi::lua_upvalueindex(2)).cast::<*mut T>();
        // SAFETY: `push_functions` was given a userdata of `push::<T>`; it lives while the function runs.
        unsafe { slot.read().as_ref() }.ok_or_else(|| "the Lua state is closing".to_owned())
    }
}
