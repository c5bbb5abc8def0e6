//! What the bare client and the load generator are made of: sessions whose sockets one thread drives with the system's
//! event queue.

pub(crate) mod fleet;
pub(crate) mod joining;
pub(crate) mod link;
pub(crate) mod meter;

use tokio_tungstenite::tungstenite::Message;

/// Whatever goes wrong ends the program with a message.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How a connection becomes a session.
pub(crate) struct Greeting {
    pub(crate) url: String,
    pub(crate) subprotocol: &'static str,
    pub(crate) hello: Message,
    /// Whether that is the answer to HELLO.
    pub(crate) is_welcome: fn(&Message) -> bool,
}

impl Greeting {
    fn check(&self, answer: &Message) -> Result<()> {
        if (self.is_welcome)(answer) { Ok(()) } else { Err(format!("not welcome: {answer:?}").into()) }
    }
}
