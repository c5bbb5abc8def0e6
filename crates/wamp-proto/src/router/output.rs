//! What the machine asks its driver to do.

use super::authorization::Question;
use crate::{Id, Message};

/// Something for the driver to do, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this message to that session.
    Send {
        /// The receiver.
        to: Id,
        /// What to send.
        message: Message,
    },
    /// Send the same message to all of these sessions: it needs to be encoded only once per serializer.
    Broadcast {
        /// The receivers, at least two.
        to: Vec<Id>,
        /// What to send.
        message: Message,
    },
    /// The session is over: close its transport once what was sent before has left.
    Close {
        /// Whose transport.
        session: Id,
    },
    /// Find out whether a session may do what it asks for, and tell [`RealmMachine::decide`](super::RealmMachine::decide).
    Ask(Box<Question>),
}
