//! The table that `require "loowy_core"` returns.

use std::ffi::c_int;

use bytes::Bytes;
use mlua::ffi;
use wamp_proto::Serializer;

use crate::ev;
use crate::function::{Answer, Call, Functions, Misuse, functions, push_functions};
use crate::stack::decode::decode;
use crate::stack::encode::{Position, encode};
use crate::stack::payload::written;
use crate::stack::{Kind, Shared, Stack};

const FUNCTIONS: Functions = functions! {
    "encode" => encode_value,
    "decode" => decode_value,
    "set_null" => set_null,
    "set_metatables" => set_metatables,
};

/// Lua's way in.
///
/// # Safety
/// For Lua's `require` alone.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn luaopen_loowy_core(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: for the time of this call.
    let stack = unsafe { Stack::new(state) };
    Shared::push_new(stack);
    let shared = stack.top();
    push_functions(stack, FUNCTIONS, &[shared]);
    stack.push_light_userdata(std::ptr::null_mut());
    stack.set_field(-2, "null");
    stack.push_bytes(env!("CARGO_PKG_VERSION").as_bytes());
    stack.set_field(-2, "_VERSION");
    push_ev(stack);
    stack.set_field(-2, "ev");
    1
}

/// The primitives of the event loop; a module of their own, as they are made with mlua's safe interface.
#[mlua::lua_module(name = "loowy_core_ev", skip_memory_check)]
fn open_ev(lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
    ev::primitives(lua)
}

fn push_ev(stack: Stack) {
    stack.push_closure(luaopen_loowy_core_ev, 0);
    // SAFETY: the function is on top. What it raises is for `require`, and nothing is owned here.
    unsafe { ffi::lua_call(stack.state(), 0, 1) };
}

/// `encode(format, value) -> string | nil, message`
fn encode_value(call: Call) -> Result<Result<Encoded, String>, Misuse> {
    let serializer = serializer(call, 1)?;
    let bytes = written(|out| encode(call.stack, call.shared, 2, serializer, Position::Inside, out));
    Ok(bytes.map(Encoded).map_err(|failure| failure.to_string()))
}

struct Encoded(Bytes);

impl Answer for Encoded {
    fn push(self, call: Call) -> c_int {
        call.stack.push_bytes(&self.0);
        1
    }
}

/// `decode(format, string) -> value | nil, message`
fn decode_value(call: Call) -> Result<Decoded, Misuse> {
    match call.stack.kind(2) {
        Kind::String => Ok(Decoded(serializer(call, 1)?)),
        _ => Err(call.wrong(2, "the text to decode", "a string")),
    }
}

/// The format that the string at index 2 is in.
struct Decoded(Serializer);

impl Answer for Decoded {
    fn push(self, call: Call) -> c_int {
        match decode(call.stack, call.shared, self.0, call.stack.bytes(2)) {
            Ok(()) => 1,
            Err(message) => Err::<(), _>(message).push(call),
        }
    }
}

fn serializer(call: Call, index: c_int) -> Result<Serializer, Misuse> {
    match call.stack.text(index) {
        Some("json") => Ok(Serializer::Json),
        Some("msgpack") => Ok(Serializer::MsgPack),
        _ => Err(call.wrong(index, "the format", "'json' or 'msgpack'")),
    }
}

/// `set_null(value)`: what stands for null from now on. Not a table, which could then never be sent.
fn set_null(call: Call) -> Result<(), Misuse> {
    match call.stack.kind(1) {
        Kind::LightUserdata | Kind::Other => {
            call.stack.set_top(1);
            call.shared.set_null(call.stack);
            Ok(())
        }
        _ => Err(call.wrong(1, "null", "a userdata or a function")),
    }
}

/// `set_metatables(array, object)`: the metatables of decoded lists and dictionaries from now on.
fn set_metatables(call: Call) -> Result<(), Misuse> {
    for (index, name) in [(1, "the metatable of lists"), (2, "the metatable of dictionaries")] {
        if call.stack.kind(index) != Kind::Table {
            return Err(call.wrong(index, name, "a table"));
        }
    }
    call.stack.set_top(2);
    call.shared.set_metatables(call.stack);
    Ok(())
}
