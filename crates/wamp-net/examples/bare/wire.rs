//! As little WAMP as a benchmark needs: the head of a JSON message, and where its payload begins. The router is
//! trusted, so nothing is checked.

use tokio_tungstenite::tungstenite::Message;

use crate::peer::Greeting;

const WELCOME: u64 = 2;
pub(crate) const PUBLISHED: u64 = 17;
pub(crate) const SUBSCRIBED: u64 = 33;
pub(crate) const EVENT: u64 = 36;
pub(crate) const RESULT: u64 = 50;
pub(crate) const REGISTERED: u64 = 65;
pub(crate) const INVOCATION: u64 = 68;

/// How to join realm1.
pub(crate) fn greeting(url: &str) -> Greeting {
    let roles = r#"{"caller":{},"callee":{},"publisher":{},"subscriber":{}}"#;
    Greeting {
        url: url.to_owned(),
        subprotocol: "wamp.2.json",
        hello: Message::text(format!(r#"[1,"realm1",{{"roles":{roles}}}]"#)),
        is_welcome: |answer| answer.to_text().is_ok_and(|text| Head::read(text).code == WELCOME),
    }
}

/// The beginning of a message.
pub(crate) struct Head<'a> {
    pub(crate) code: u64,
    /// The first id.
    pub(crate) id: u64,
    rest: &'a str,
}

impl<'a> Head<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let (code, rest) = integer(text.get(1..).unwrap_or(""));
        let (id, rest) = integer(rest.get(1..).unwrap_or(""));
        Self { code, id, rest }
    }

    /// What comes behind the details, `,[1,2]]` for example.
    pub(crate) fn payload(&self) -> &'a str {
        let details = self.rest.find('{').unwrap_or(self.rest.len());
        let details = &self.rest[details..];
        &details[end_of_object(details)..]
    }
}

fn integer(text: &str) -> (u64, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().unwrap_or(0), &text[end..])
}

/// How long the object is that the text begins with.
fn end_of_object(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted && depth == 1 => return at + 1,
            b'}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    text.len()
}
