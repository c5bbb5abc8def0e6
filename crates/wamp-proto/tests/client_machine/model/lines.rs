//! Messages and notices as lines of text that can be compared.

use wamp_proto::message::Abort;
use wamp_proto::{Dict, Message, Serializer};

/// The message in JSON; what ABORT says to people does not matter.
pub fn line(message: &Message) -> String {
    let frame = match message {
        Message::Abort(Abort { reason, .. }) => {
            Serializer::Json.encode(&Abort { details: Dict::new(), reason: reason.clone() }.into())
        }
        message => Serializer::Json.encode(message),
    };
    String::from_utf8(frame.unwrap().to_vec()).unwrap()
}

/// An error without what it says to people.
pub fn short(told: String) -> String {
    if !told.starts_with("error ") {
        return told;
    }
    told.split(": ").flat_map(|part| part.split(" Dict(")).next().unwrap_or_default().to_owned()
}
