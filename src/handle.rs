//! Rust values that Lua owns: full userdata with a `__gc`, the objects of methods, which check that it is one of theirs.
//!
//! All objects of a class share its methods: LuaJIT compiles a call for the very function that is called, and keeps what it
//! has compiled. Functions of each object would be compiled for each, and would keep it alive.

use std::ffi::c_int;

use mlua::ffi;

use crate::function::{Call, Functions, Misuse, push_functions};
use crate::stack::{Class, Kind, Shared, Stack};

/// Makes a class that [`Call::push_object`] knows. The index is that of the shared table. Raises when memory runs out.
pub(crate) fn set_class<T: 'static>(stack: Stack, shared: c_int, class: Class, methods: Functions) {
    push_class::<T>(stack, methods, shared);
    Shared::at(shared).set_class(stack, class);
}

/// Pushes the metatable of objects with these methods. The methods have the value at `shared` and the metatable as their
/// upvalues. Raises when memory runs out.
pub(crate) fn push_class<T: 'static>(stack: Stack, methods: Functions, shared: c_int) {
    stack.push_table(0, 3);
    let class = stack.top();
    set_collector::<T>(stack);
    push_functions(stack, methods, &[shared, class]);
    stack.set_field(class, "__index");
    // Nobody else gets hold of the metatable, whose `__gc` trusts its argument.
    stack.push_boolean(false);
    stack.set_field(class, "__metatable");
}

fn set_collector<T: 'static>(stack: Stack) {
    stack.push_closure(collect::<T>, 0);
    stack.set_field(-2, "__gc");
}

/// Pushes a value as an object of the class at that index. It is made last: when memory runs out this raises, and there is
/// none.
pub(crate) fn push_object<T: 'static>(stack: Stack, class: c_int, make: impl FnOnce() -> Option<T>) {
    // SAFETY: the userdata is as large and as aligned as a pointer; it is null until the end, which `collect` accepts.
    let slot = unsafe {
        let slot = ffi::lua_newuserdata(stack.state(), size_of::<*mut T>()).cast::<*mut T>();
        slot.write(std::ptr::null_mut());
        slot
    };
    stack.push_copy(class);
    stack.set_metatable(-2);
    if let Some(value) = make() {
        // SAFETY: as above; the userdata is on the stack.
        unsafe { slot.write(Box::into_raw(Box::new(value))) };
    }
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
    /// Pushes a value as an object of a class that was set for `T`, in the course of an answer. It is made last: when memory
    /// runs out this raises, and there is none.
    pub(crate) fn push_object<T: 'static>(self, class: Class, make: impl FnOnce() -> Option<T>) {
        self.shared.push_class(self.stack, class);
        push_object(self.stack, self.stack.top(), make);
        self.stack.replace(-2);
    }

    /// The object at index 1, of the class in the running method's second upvalue, which holds values of `T`.
    ///
    /// # Errors
    /// When it is something else, or was collected, which a program can only see in a `__gc` of its own while its Lua state
    /// closes.
    pub(crate) fn object<'a, T: 'static>(self) -> Result<&'a T, Misuse> {
        let is_object = self.stack.kind(1) == Kind::Other && self.stack.push_metatable(1) && {
            let same = self.stack.raw_equal(-1, ffi::lua_upvalueindex(2));
            self.stack.pop(1);
            same
        };
        if !is_object {
            return Err(self.wrong(1, "the object of the method", "of its class"));
        }
        let slot = self.stack.userdata(1).cast::<*mut T>();
        // SAFETY: only `push_object` gives that metatable; the userdata is on the stack while the function runs.
        unsafe { slot.read().as_ref() }.ok_or_else(|| "the Lua state is closing".to_owned())
    }
}
