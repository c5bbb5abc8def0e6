//! The table that `require "loowy_core"` returns.

use std::ffi::c_int;

use bytes::Bytes;
use wamp_proto::Serializer;
use wamp_proto::uri::{self, Match, Rule};

use crate::function::{Answer, Call, Functions, Misuse, functions, push_functions};
use crate::stack::decode::decode;
use crate::stack::encode::{Position, encode};
use crate::stack::payload::written;
use crate::stack::{Kind, Shared, Stack};
use crate::{auth, client, ev, notice, router};

const FUNCTIONS: Functions = functions! {
    "encode" => encode_value,
    "decode" => decode_value,
    "set_null" => set_null,
    "set_metatables" => set_metatables,
    "check_uri" => check_uri,
    "sweep" => sweep,
    "wampcra_sign" => auth::wampcra_sign,
    "cryptosign_public" => auth::cryptosign_public,
    "cryptosign_sign" => auth::cryptosign_sign,
    "scram_answer" => auth::scram_answer,
    "scram_nonce" => auth::scram_nonce,
    "router" => router::new,
};

/// Pushes the table. Raises when memory runs out.
pub(crate) fn push_exports(stack: Stack) {
    Shared::push_new(stack);
    let shared = stack.top();
    push_functions(stack, FUNCTIONS, &[shared]);
    router::set_class(stack, shared);
    client::export(stack, stack.top(), shared);
    stack.push_light_userdata(std::ptr::null_mut());
    stack.set_field(-2, "null");
    notice::push_kinds(stack);
    stack.set_field(-2, "kinds");
    stack.push_bytes(env!("CARGO_PKG_VERSION").as_bytes());
    stack.set_field(-2, "_VERSION");
    ev::push(stack, shared);
    stack.set_field(-2, "ev");
    stack.replace(-2);
}

/// `encode(format, value) -> string | nil, message`
fn encode_value(call: Call) -> Result<Result<Encoded, String>, Misuse> {
    let serializer = serializer(call, 1)?;
    let bytes = written(|out| encode(call.stack, call.shared, 2, serializer, Position::Inside, out));
    Ok(bytes.map(Encoded).map_err(|failure| failure.to_string()))
}

struct Encoded(Bytes);

impl Answer for Encoded {
    fn push(&mut self, call: Call) -> c_int {
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
    fn push(&mut self, call: Call) -> c_int {
        match decode(call.stack, call.shared, self.0, call.stack.bytes(2)) {
            Ok(()) => 1,
            Err(message) => {
                call.stack.push_nil();
                call.push_owned(message, |call, message| call.stack.push_bytes(message.as_bytes()));
                2
            }
        }
    }
}

fn serializer(call: Call, index: c_int) -> Result<Serializer, Misuse> {
    match call.stack.text(index) {
        Some("json") => Ok(Serializer::Json),
        Some("msgpack") => Ok(Serializer::MsgPack),
        Some("cbor") => Ok(Serializer::Cbor),
        _ => Err(call.wrong(index, "the format", "'json', 'msgpack' or 'cbor'")),
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

/// `check_uri(uri, match, rule) -> boolean`: whether the URI is good for that match policy, by the specification's
/// `'loose'` or `'strict'` rule.
fn check_uri(call: Call) -> Result<bool, Misuse> {
    let policy = call.stack.text(2).and_then(Match::parse);
    let policy = policy.ok_or_else(|| call.wrong(2, "the match policy", "'exact', 'prefix' or 'wildcard'"))?;
    let rule = match call.stack.text(3) {
        Some("loose") => Rule::Loose,
        Some("strict") => Rule::Strict,
        _ => return Err(call.wrong(3, "the rule", "'loose' or 'strict'")),
    };
    Ok(call.stack.text(1).is_some_and(|uri| uri::check(uri, policy, rule)))
}

/// `sweep(table) -> count`: takes the members out that are false; how many are left. No hook of the debug library comes in
/// between.
fn sweep(call: Call) -> Result<u64, Misuse> {
    let stack = call.stack;
    if stack.kind(1) != Kind::Table {
        return Err(call.wrong(1, "what to sweep", "a table"));
    }
    let mut count = 0;
    stack.push_nil();
    while stack.next(1) {
        let gone = stack.kind(-1) == Kind::Boolean && !stack.truthy(-1);
        stack.pop(1);
        if gone {
            stack.push_copy(-1);
            stack.push_nil();
            // Of a member that is there already, this allocates nothing.
            stack.raw_set(1);
        } else {
            count += 1;
        }
    }
    Ok(count)
}
