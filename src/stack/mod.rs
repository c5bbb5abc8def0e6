//! The raw Lua stack, and the ways that values take over it.
//!
//! Values go straight from bytes to the stack and from the stack to bytes, without a tree in between:
//! [`encode`] writes, [`decode`] reads, each one walk for all formats; [`payload`] knows what a program's payload
//! means on the wire, [`value`] is the way of the small dictionaries that the protocol reads itself.
//!
//! Two rules keep this sound:
//! - *Lua raises by leaving*: a call that runs out of memory jumps over the Rust frames to the program's `pcall`.
//!   Everything that reads ([`encode`], [`payload`], half of [`value`]) therefore uses calls that allocate nothing, and
//!   everything that writes is done in a second phase, see [`crate::function`] and [`protected`].
//! - *Rust never calls Lua*: all access is raw, no metamethod runs.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod format;
pub(crate) mod payload;
mod plain;
pub(crate) mod protected;
pub(crate) mod shared;
pub(crate) mod value;

use std::ffi::{CStr, c_int, c_void};

use mlua::ffi;

pub(crate) use shared::{Class, Name, Shared};

/// Lua's own functions, where mlua puts its own around those of the older Luas, to make them answer as the newer ones do.
/// Nobody here wants the answer.
mod direct {
    #[cfg(not(any(feature = "lua51", feature = "lua52", feature = "luajit")))]
    pub(super) use mlua::ffi::{lua_pushlstring, lua_rawget, lua_rawgeti, lua_rawseti};
    #[cfg(any(feature = "lua51", feature = "lua52", feature = "luajit"))]
    pub(super) use mlua::ffi::{
        lua_pushlstring_ as lua_pushlstring, lua_rawget_ as lua_rawget, lua_rawgeti_ as lua_rawgeti,
        lua_rawseti_ as lua_rawseti,
    };

    /// The index of a list's element.
    #[cfg(any(feature = "lua51", feature = "lua52", feature = "luajit"))]
    pub(super) type Place = std::ffi::c_int;
    #[cfg(not(any(feature = "lua51", feature = "lua52", feature = "luajit")))]
    pub(super) type Place = mlua::ffi::lua_Integer;
}

/// How deep values nest at most, on the way out and on the way in.
pub(crate) const MAX_DEPTH: usize = 128;

/// Whether this Lua has no integers, only doubles.
pub(crate) const DOUBLES_ONLY: bool = cfg!(any(feature = "lua51", feature = "lua52", feature = "luajit"));

/// What a stack slot holds. With Lua's own numbers, telling them apart costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    Nil = ffi::LUA_TNIL,
    Boolean = ffi::LUA_TBOOLEAN,
    LightUserdata = ffi::LUA_TLIGHTUSERDATA,
    Number = ffi::LUA_TNUMBER,
    String = ffi::LUA_TSTRING,
    Table = ffi::LUA_TTABLE,
    /// Functions, threads, full userdata, and the kinds of LuaJIT's FFI.
    Other,
}

/// A number as Lua sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Of the integer subtype; before Lua 5.3, a double with an integral value.
    Integer(i64),
    Float(f64),
}

/// The stack of a running C function.
///
/// The methods are thin: an index must be acceptable, a value must have the kind that the method's name says, and
/// what is pushed must have room ([`Stack::reserve`]; a C function begins with twenty slots). Those that can raise
/// an error, for want of memory, say so.
#[derive(Clone, Copy)]
pub(crate) struct Stack(*mut ffi::lua_State);

#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one reason for all: the contract of `Stack::new` and of the type"
)]
impl Stack {
    /// # Safety
    /// `state` is the state that called the C function this value is used in; the value does not outlive that call.
    pub(crate) const unsafe fn new(state: *mut ffi::lua_State) -> Self {
        Self(state)
    }

    pub(crate) const fn state(self) -> *mut ffi::lua_State {
        self.0
    }

    #[inline]
    pub(crate) fn kind(self, index: c_int) -> Kind {
        match unsafe { ffi::lua_type(self.0, index) } {
            ffi::LUA_TNIL | ffi::LUA_TNONE => Kind::Nil,
            ffi::LUA_TBOOLEAN => Kind::Boolean,
            ffi::LUA_TNUMBER => Kind::Number,
            ffi::LUA_TSTRING => Kind::String,
            ffi::LUA_TTABLE => Kind::Table,
            ffi::LUA_TLIGHTUSERDATA => Kind::LightUserdata,
            _ => Kind::Other,
        }
    }

    /// Lua's own name of the kind, for messages.
    pub(crate) fn type_name(self, index: c_int) -> &'static str {
        let name = unsafe { CStr::from_ptr(ffi::lua_typename(self.0, ffi::lua_type(self.0, index))) };
        name.to_str().unwrap_or("value")
    }

    #[inline]
    pub(crate) fn truthy(self, index: c_int) -> bool {
        unsafe { ffi::lua_toboolean(self.0, index) != 0 }
    }

    #[inline]
    pub(crate) fn number(self, index: c_int) -> f64 {
        unsafe { ffi::lua_tonumber(self.0, index) }
    }

    /// Where Lua has only doubles, those without a fraction count as integers.
    #[inline]
    pub(crate) fn number_by_subtype(self, index: c_int) -> Number {
        if DOUBLES_ONLY {
            let number = self.number(index);
            return integral(number).map_or(Number::Float(number), Number::Integer);
        }
        if unsafe { ffi::lua_isinteger(self.0, index) } != 0 {
            Number::Integer(unsafe { ffi::lua_tointeger(self.0, index) } as i64)
        } else {
            Number::Float(self.number(index))
        }
    }

    /// The integer of that value, from either subtype; none for numbers with a fraction and for other kinds.
    pub(crate) fn integer(self, index: c_int) -> Option<i64> {
        match self.kind(index) {
            Kind::Number => match self.number_by_subtype(index) {
                Number::Integer(integer) => Some(integer),
                Number::Float(float) => integral(float),
            },
            _ => None,
        }
    }

    /// The bytes of a string; they stay valid while the string is on the stack.
    #[inline]
    pub(crate) fn bytes<'a>(self, index: c_int) -> &'a [u8] {
        let mut len = 0;
        // Of a string this neither converts nor allocates.
        let data = unsafe { ffi::lua_tolstring(self.0, index, &raw mut len) };
        unsafe { std::slice::from_raw_parts(data.cast(), len) }
    }

    /// The text of a string; none for other kinds and for bytes that are not UTF-8.
    pub(crate) fn text<'a>(self, index: c_int) -> Option<&'a str> {
        if self.kind(index) == Kind::String { std::str::from_utf8(self.bytes(index)).ok() } else { None }
    }

    #[inline]
    pub(crate) fn top(self) -> c_int {
        unsafe { ffi::lua_gettop(self.0) }
    }

    #[inline]
    pub(crate) fn set_top(self, index: c_int) {
        unsafe { ffi::lua_settop(self.0, index) }
    }

    #[inline]
    pub(crate) fn pop(self, count: c_int) {
        self.set_top(-count - 1);
    }

    /// Makes room for that many slots; false when the stack cannot grow.
    #[inline]
    pub(crate) fn reserve(self, slots: usize) -> bool {
        c_int::try_from(slots).is_ok_and(|slots| unsafe { ffi::lua_checkstack(self.0, slots) != 0 })
    }

    #[inline]
    pub(crate) fn raw_len(self, index: c_int) -> usize {
        unsafe { ffi::lua_rawlen(self.0, index) }
    }

    /// Replaces the key on top by the next key and its value; false, with the key gone, at the end.
    #[inline]
    pub(crate) fn next(self, table: c_int) -> bool {
        unsafe { ffi::lua_next(self.0, table) != 0 }
    }

    /// Pushes `table[key]`, raw.
    #[inline]
    pub(crate) fn push_element(self, table: c_int, key: i64) {
        unsafe { direct::lua_rawgeti(self.0, table, key as direct::Place) };
    }

    /// Replaces the key on top by its value in the table, raw.
    #[inline]
    pub(crate) fn raw_get(self, table: c_int) {
        unsafe { direct::lua_rawget(self.0, table) };
    }

    /// Pushes the metatable; false, and nothing pushed, where there is none.
    #[inline]
    pub(crate) fn push_metatable(self, index: c_int) -> bool {
        unsafe { ffi::lua_getmetatable(self.0, index) != 0 }
    }

    #[inline]
    pub(crate) fn raw_equal(self, one: c_int, other: c_int) -> bool {
        unsafe { ffi::lua_rawequal(self.0, one, other) != 0 }
    }

    pub(crate) fn userdata(self, index: c_int) -> *mut c_void {
        unsafe { ffi::lua_touserdata(self.0, index) }
    }

    #[inline]
    pub(crate) fn push_nil(self) {
        unsafe { ffi::lua_pushnil(self.0) }
    }

    #[inline]
    pub(crate) fn push_boolean(self, boolean: bool) {
        unsafe { ffi::lua_pushboolean(self.0, c_int::from(boolean)) }
    }

    #[inline]
    pub(crate) fn push_integer(self, integer: i64) {
        if DOUBLES_ONLY {
            // There, lua_Integer may be as small as 32 bits.
            self.push_number(integer as f64);
        } else {
            unsafe { ffi::lua_pushinteger(self.0, integer as ffi::lua_Integer) }
        }
    }

    #[inline]
    pub(crate) fn push_number(self, number: f64) {
        unsafe { ffi::lua_pushnumber(self.0, number) }
    }

    pub(crate) fn push_light_userdata(self, pointer: *mut c_void) {
        unsafe { ffi::lua_pushlightuserdata(self.0, pointer) }
    }

    /// Raises when memory runs out.
    #[inline]
    pub(crate) fn push_bytes(self, bytes: &[u8]) {
        unsafe { direct::lua_pushlstring(self.0, bytes.as_ptr().cast(), bytes.len()) };
    }

    /// Pushes a userdata without content. Raises when memory runs out.
    pub(crate) fn push_userdata(self) {
        unsafe { ffi::lua_newuserdata(self.0, 0) };
    }

    /// Puts the value on top, which is popped, in place of the one at that index.
    #[inline]
    pub(crate) fn replace(self, index: c_int) {
        unsafe { ffi::lua_replace(self.0, index) }
    }

    #[inline]
    pub(crate) fn push_copy(self, index: c_int) {
        unsafe { ffi::lua_pushvalue(self.0, index) }
    }

    /// Raises when memory runs out.
    #[inline]
    pub(crate) fn push_table(self, elements: usize, members: usize) {
        let size = |count: usize| c_int::try_from(count).unwrap_or(0);
        unsafe { ffi::lua_createtable(self.0, size(elements), size(members)) }
    }

    /// `table[key] = value`, raw, of the key and the value on top, which are popped. Raises when memory runs out; the
    /// key is neither nil nor NaN.
    #[inline]
    pub(crate) fn raw_set(self, table: c_int) {
        unsafe { ffi::lua_rawset(self.0, table) }
    }

    /// `table[key] = value` of the value on top, which is popped. Raises when memory runs out.
    #[inline]
    pub(crate) fn set_element(self, table: c_int, key: i64) {
        unsafe { direct::lua_rawseti(self.0, table, key as direct::Place) }
    }

    /// `table[name] = value` of the value on top, which is popped. Raises when memory runs out.
    pub(crate) fn set_field(self, table: c_int, name: &str) {
        self.push_bytes(name.as_bytes());
        unsafe { ffi::lua_insert(self.0, -2) };
        self.raw_set(if table < 0 { table - 1 } else { table });
    }

    /// Pushes a C function with the values on top, which are popped, as its upvalues. Raises when memory runs out.
    pub(crate) fn push_closure(self, function: ffi::lua_CFunction, upvalues: c_int) {
        unsafe { ffi::lua_pushcclosure(self.0, function, upvalues) }
    }

    /// Raises the message on top, preceded by the place in the Lua code that called the function.
    pub(crate) fn raise(self) -> ! {
        unsafe {
            ffi::luaL_where(self.0, 1);
            ffi::lua_insert(self.0, -2);
            ffi::lua_concat(self.0, 2);
            ffi::lua_error(self.0)
        }
    }

    /// Sets the table or nil on top, which is popped, as the metatable.
    #[inline]
    pub(crate) fn set_metatable(self, index: c_int) {
        unsafe { ffi::lua_setmetatable(self.0, index) };
    }
}

/// The integer of a float that has no fraction and fits; -0.0 is 0.
#[inline]
pub(crate) fn integral(float: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let integer = float as i64;
    (integer as f64 == float && float < LIMIT).then_some(integer)
}
