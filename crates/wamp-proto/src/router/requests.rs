//! Whether a client counts its requests (specification: IDs, session scope; Protocol Errors; Verification of CALL
//! Request IDs).

use super::realm::RealmMachine;
use super::refusal::Violation;
use super::session::Session;
use crate::message::{Call, Publish, Register, Subscribe, Unregister, Unsubscribe};
use crate::{Id, Message};

/// Which ids a session's requests may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestIds {
    /// Any that is not the id of an open call: earlier drafts had random ones.
    #[default]
    Loose,
    /// 1, 2, 3 and so on, 1 again after 2^53. Others end the session.
    Strict,
}

/// What an id says of its message.
enum Turn {
    /// The next request.
    Next,
    /// Another piece of a call, perhaps of one that has ended.
    Again,
}

impl RealmMachine {
    /// Whether the message is to be taken, as far as its id is concerned. If it must not come, the session is over.
    pub(super) fn is_in_turn(&mut self, from: Id, message: &Message) -> bool {
        if self.config.request_ids == RequestIds::Loose {
            return true;
        }
        let Some(session) = self.sessions.get_mut(&from).filter(|session| !session.leaving) else { return true };
        match session.turn(message) {
            Ok(Turn::Next) => true,
            Ok(Turn::Again) => self.may_go_on(from, message),
            Err(violation) => {
                self.abort(from, violation);
                false
            }
        }
    }

    /// What goes on with nothing that is known is discarded: its call is over.
    fn may_go_on(&self, from: Id, message: &Message) -> bool {
        let Message::Call(call) = message else { return false };
        self.calls.find(from, call.request).is_some() || self.gate.holds(from)
    }
}

impl Session {
    fn turn(&mut self, message: &Message) -> Result<Turn, Violation> {
        let Some(request) = request(message) else { return Ok(Turn::Next) };
        let last = self.requests.last();
        let mut next = self.requests.clone();
        if next.next_id() == request {
            self.requests = next;
            return Ok(Turn::Next);
        }
        let is_call = matches!(message, Message::Call(_));
        if is_call && self.announced.progressive_calls && last.is_some_and(|last| request <= last) {
            return Ok(Turn::Again);
        }
        let expected = next.last().unwrap_or(Id::MIN);
        Err(Violation::new(format!("{} with the request id {request} instead of {expected}", message.name())))
    }
}

/// The id of a message that begins something.
const fn request(message: &Message) -> Option<Id> {
    match message {
        Message::Publish(Publish { request, .. })
        | Message::Subscribe(Subscribe { request, .. })
        | Message::Unsubscribe(Unsubscribe { request, .. })
        | Message::Call(Call { request, .. })
        | Message::Register(Register { request, .. })
        | Message::Unregister(Unregister { request, .. }) => Some(*request),
        _ => None,
    }
}
