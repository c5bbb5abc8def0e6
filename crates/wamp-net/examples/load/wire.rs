//! As little WAMP as a load needs: messages that are encoded once and then only numbered, and the heads of those that
//! come. The router is trusted, so nothing else is checked.

use std::io::Write;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::peer::{Greeting, Result};

pub(crate) const HELLO: u64 = 1;
const WELCOME: u64 = 2;
pub(crate) const PUBLISH: u64 = 16;
pub(crate) const PUBLISHED: u64 = 17;
pub(crate) const SUBSCRIBE: u64 = 32;
pub(crate) const SUBSCRIBED: u64 = 33;
pub(crate) const EVENT: u64 = 36;
pub(crate) const CALL: u64 = 48;
pub(crate) const RESULT: u64 = 50;
pub(crate) const REGISTER: u64 = 64;
pub(crate) const REGISTERED: u64 = 65;
pub(crate) const INVOCATION: u64 = 68;
pub(crate) const YIELD: u64 = 70;

/// The last argument of what is counted: a string, which every router hands on as it is, in every format. It ends the
/// message, but for what JSON closes.
const NUMBER: &str = "000000000000";
const AFTER_NUMBER: &[u8] = br#""]]"#;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Msgpack,
}

impl Format {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "msgpack" => Some(Self::Msgpack),
            _ => None,
        }
    }

    fn encode(self, message: &Value) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Json => serde_json::to_vec(message)?,
            Self::Msgpack => rmp_serde::to_vec(message)?,
        })
    }

    fn frame(self, bytes: Vec<u8>) -> Result<Message> {
        Ok(match self {
            Self::Json => Message::text(String::from_utf8(bytes)?),
            Self::Msgpack => Message::binary(bytes),
        })
    }

    /// How to join realm1. A relay sends HELLO back.
    pub(crate) fn greeting(self, url: &str) -> Result<Greeting> {
        let roles = json!({
            "caller": {}, "callee": {}, "publisher": {},
            "subscriber": {"features": {"pattern_based_subscription": true}},
        });
        let hello = self.encode(&json!([HELLO, "realm1", {"roles": roles}]))?;
        Ok(Greeting {
            url: url.to_owned(),
            subprotocol: if self == Self::Json { "wamp.2.json" } else { "wamp.2.msgpack" },
            hello: self.frame(hello)?,
            is_welcome: |answer| [WELCOME, HELLO].contains(&head(answer).0),
        })
    }
}

/// What our router says in the details of an event of how many were lost before it.
pub(crate) fn dropped(event: &Message) -> Result<u64> {
    let message: Value = match event {
        Message::Text(text) => serde_json::from_str(text)?,
        _ => rmp_serde::from_slice(bytes_of(event))?,
    };
    Ok(message[3]["_dropped"].as_u64().unwrap_or(0))
}

/// The bytes of a message, whichever kind of frame it is.
fn bytes_of(message: &Message) -> &[u8] {
    match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
        _ => &[],
    }
}

/// The code of a message, and the id behind it; 0 where there is none.
pub(crate) fn head(message: &Message) -> (u64, u64) {
    let mut rest = bytes_of(message);
    let integer = match message {
        Message::Text(_) => json_integer,
        _ => {
            rest = rest.get(1..).unwrap_or_default();
            msgpack_integer
        }
    };
    (integer(&mut rest), integer(&mut rest))
}

/// Whatever separates it from what is before goes with it.
fn json_integer(rest: &mut &[u8]) -> u64 {
    let start = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
    let digits = &rest[start..];
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    *rest = &digits[end..];
    decimal(&digits[..end])
}

fn decimal(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

fn msgpack_integer(rest: &mut &[u8]) -> u64 {
    let Some((&tag, after)) = rest.split_first() else { return 0 };
    let width = match tag {
        0xcc => 1,
        0xcd => 2,
        0xce => 4,
        0xcf => 8,
        _ => 0,
    };
    let (number, after) = after.split_at_checked(width).unwrap_or_default();
    *rest = after;
    match tag {
        0..=0x7f => u64::from(tag),
        _ => number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// The number that a message ends with.
pub(crate) fn number(message: &Message) -> Option<u64> {
    let bytes = bytes_of(message);
    let bytes = bytes.strip_suffix(AFTER_NUMBER).unwrap_or(bytes);
    let digits = bytes.last_chunk::<{ NUMBER.len() }>()?;
    digits.iter().all(u8::is_ascii_digit).then(|| decimal(digits))
}

/// A message whose id, and where it has one whose number, is another in each that is sent.
pub(crate) struct Template {
    format: Format,
    before_id: Vec<u8>,
    after_id: Vec<u8>,
    /// How many bytes from the end the number begins.
    number: Option<usize>,
}

impl Template {
    /// With what comes behind the id.
    pub(crate) fn new(format: Format, code: u64, rest: &[Value]) -> Result<Self> {
        let mut message = vec![json!(code), json!(0)];
        message.extend_from_slice(rest);
        let mut before_id = format.encode(&Value::Array(message))?;
        // The codes have two digits, or one byte; behind `[` and before `,` in JSON.
        let at = if format == Format::Json { 4 } else { 2 };
        let after_id = before_id.split_off(at + 1);
        before_id.truncate(at);
        Ok(Self { format, before_id, after_id, number: None })
    }

    /// With arguments of which the last one is a number; the first one is a text of that size.
    pub(crate) fn numbered(format: Format, code: u64, options: &Value, uri: &str, size: usize) -> Result<Self> {
        let closing = if format == Format::Json { AFTER_NUMBER.len() } else { 0 };
        let arguments = json!([text(size), NUMBER]);
        let template = Self::new(format, code, &[options.clone(), json!(uri), arguments])?;
        Ok(Self { number: Some(NUMBER.len() + closing), ..template })
    }

    /// The message with that id, and with that number if it has one.
    pub(crate) fn fill(&self, id: u64, number: u64) -> Result<Message> {
        let mut bytes = Vec::with_capacity(self.before_id.len() + self.after_id.len() + 20);
        bytes.extend_from_slice(&self.before_id);
        match self.format {
            Format::Json => write!(bytes, "{id}")?,
            Format::Msgpack => rmp_serde::encode::write(&mut bytes, &id)?,
        }
        bytes.extend_from_slice(&self.after_id);
        if let Some(from_end) = self.number {
            let start = bytes.len() - from_end;
            let mut place = &mut bytes[start..start + NUMBER.len()];
            write!(place, "{number:0width$}", width = NUMBER.len())?;
        }
        self.format.frame(bytes)
    }
}

/// A payload of that size.
pub(crate) fn text(size: usize) -> Value {
    Value::String("x".repeat(size))
}
