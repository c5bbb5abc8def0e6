//! What the program that runs the router sees of a realm, and does to it, without a session.

use super::departure::Farewell;
use super::meta::session_details;
use super::realm::RealmMachine;
use crate::message::Goodbye;
use crate::uri::Match;
use crate::{Dict, Id, Instant, Message};

impl RealmMachine {
    /// Who is here, each with its details as `wamp.session.get` tells them (specification: Session Meta API): `session`,
    /// `authid`, `authrole`, `authmethod`, `authprovider`, and `transport` where the driver has told.
    pub fn session_details(&self) -> impl Iterator<Item = (Id, Dict)> {
        let here = self.sessions.iter().filter(|(_, session)| !session.leaving);
        here.map(|(id, session)| (*id, session_details(*id, session)))
    }

    /// Ends that session with GOODBYE, whose details have the message, if there is one. False when there is no such
    /// session, or `reason` is no URI.
    pub fn kill(&mut self, session: Id, reason: &str, message: Option<&str>, now: Instant) -> bool {
        self.clock = now;
        let is_here = self.sessions.get(&session).is_some_and(|session| !session.leaving);
        if !is_here || self.check_uri(reason, Match::Exact).is_err() {
            return false;
        }
        let details = message.map_or_else(Dict::new, |message| Dict::new().with("message", message));
        let goodbye = Message::Goodbye(Goodbye { details, reason: reason.into() });
        self.dismiss(vec![session], goodbye, Farewell::Told, now);
        true
    }
}
