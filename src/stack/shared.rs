//! What all functions of one Lua state share: a few Lua values, kept in a table that is their first upvalue. Nothing
//! of a Lua state is in a static, so several states live in one process.

use std::ffi::c_int;

use mlua::ffi;

use super::{DOUBLES_ONLY, Kind, Stack, protected};

/// The strings that are looked up in tables. They lie in the shared table, so that a lookup allocates nothing.
#[derive(Clone, Copy)]
pub(crate) enum Name {
    JsonType = 4,
    ArgsList,
    ArgsDict,
    Options,
    Error,
    Uri,
    Details,
}

const NAMES: [(Name, &str); 7] = [
    (Name::JsonType, "__jsontype"),
    (Name::ArgsList, "argsList"),
    (Name::ArgsDict, "argsDict"),
    (Name::Options, "options"),
    (Name::Error, "error"),
    (Name::Uri, "uri"),
    (Name::Details, "details"),
];

/// The classes of objects whose values are made before them, so that they are pushed in a protected call, which has no
/// upvalues.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    Router = 1,
    Poller,
    Wakeup,
    #[cfg(target_os = "linux")]
    Inotify,
}

/// The shared table of the running function.
#[derive(Clone, Copy)]
pub(crate) struct Shared(c_int);

impl Shared {
    const ARRAY: i64 = 1;
    const OBJECT: i64 = 2;
    const NULL: i64 = 3;
    const TRAMPOLINE: i64 = 4 + NAMES.len() as i64;

    /// The shared table at that index.
    pub(crate) const fn at(index: c_int) -> Self {
        Self(index)
    }

    /// Pushes the table itself, for the function that [`protected`] calls run.
    #[cfg_attr(feature = "luajit", allow(dead_code, reason = "nothing is protected there"))]
    pub(crate) fn push(self, stack: Stack) {
        stack.push_copy(self.0);
    }

    /// The shared table of the running function, its first upvalue.
    pub(crate) const fn of_function() -> Self {
        Self(ffi::lua_upvalueindex(1))
    }

    /// Pushes a new shared table with metatables of our own and light userdata NULL for null (the same value as
    /// `cjson.null`). Raises when memory runs out.
    pub(crate) fn push_new(stack: Stack) {
        stack.push_table(4 + NAMES.len(), 0);
        let shared = Self(stack.top());
        push_metatable(stack, "array");
        push_metatable(stack, "object");
        shared.set_metatables(stack);
        stack.push_light_userdata(std::ptr::null_mut());
        shared.set_null(stack);
        for (name, text) in NAMES {
            stack.push_bytes(text.as_bytes());
            stack.set_element(shared.0, name as i64);
        }
        stack.push_closure(protected::trampoline, 0);
        stack.set_element(shared.0, Self::TRAMPOLINE);
    }

    /// The metatables of decoded lists and dictionaries are from now on the two tables on top, which are popped.
    pub(crate) fn set_metatables(self, stack: Stack) {
        stack.set_element(self.0, Self::OBJECT);
        stack.set_element(self.0, Self::ARRAY);
    }

    /// The metatable of a class's objects is the table on top, which is popped.
    pub(crate) fn set_class(self, stack: Stack, class: Class) {
        stack.set_element(self.0, Self::TRAMPOLINE + class as i64);
    }

    pub(crate) fn push_class(self, stack: Stack, class: Class) {
        stack.push_element(self.0, Self::TRAMPOLINE + class as i64);
    }

    /// Null is from now on the value on top, which is popped.
    pub(crate) fn set_null(self, stack: Stack) {
        stack.set_element(self.0, Self::NULL);
    }

    pub(crate) fn push_array_metatable(self, stack: Stack) {
        stack.push_element(self.0, Self::ARRAY);
    }

    pub(crate) fn push_object_metatable(self, stack: Stack) {
        stack.push_element(self.0, Self::OBJECT);
    }

    pub(crate) fn push_null(self, stack: Stack) {
        stack.push_element(self.0, Self::NULL);
    }

    /// The function that [`protected`] calls run: to make one takes memory on some Luas.
    #[cfg_attr(feature = "luajit", allow(dead_code, reason = "nothing is protected there"))]
    pub(super) fn push_trampoline(self, stack: Stack) {
        stack.push_element(self.0, Self::TRAMPOLINE);
    }

    /// Whether the value stands for null: the one that was set, or light userdata NULL, as other libraries have it.
    pub(crate) fn is_null(self, stack: Stack, index: c_int) -> bool {
        if stack.kind(index) == Kind::LightUserdata && stack.userdata(index).is_null() {
            return true;
        }
        self.push_null(stack);
        let index = if index < 0 { index - 1 } else { index };
        let equal = stack.raw_equal(index, -1);
        stack.pop(1);
        equal
    }

    /// Pushes `table[name]`, raw.
    pub(crate) fn push_field(self, stack: Stack, table: c_int, name: Name) {
        stack.push_element(self.0, name as i64);
        stack.raw_get(if table < 0 { table - 1 } else { table });
    }
}

/// Pushes a metatable that marks a table as `json.array` or `json.object`, as lua-rapidjson's do.
fn push_metatable(stack: Stack, kind: &str) {
    stack.push_table(0, 2);
    stack.push_bytes(kind.as_bytes());
    stack.set_field(-2, "__jsontype");
    if !DOUBLES_ONLY {
        stack.push_bytes(["json.", kind].concat().as_bytes());
        stack.set_field(-2, "__name");
    }
}
