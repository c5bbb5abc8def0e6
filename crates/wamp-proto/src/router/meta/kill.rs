//! `wamp.session.kill*`: ending the sessions of others (specification: Session Meta API).

use super::super::departure::Farewell;
use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::session::Session;
use super::{MetaCall, Procedure, no_such_session};
use crate::message::Goodbye;
use crate::uri::Match;
use crate::{Dict, Id, Message, Payload, reason};

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    Some(match name {
        "kill" => RealmMachine::kill_session,
        "kill_by_authid" => RealmMachine::kill_by_authid,
        "kill_by_authrole" => RealmMachine::kill_by_authrole,
        "kill_all" => RealmMachine::kill_all,
        _ => return None,
    })
}

impl RealmMachine {
    fn kill_session(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let victim = call.id(0, "session")?;
        let goodbye = self.last_words(call)?;
        let victims = self.others(call, |id, _| id == victim);
        if victims.is_empty() {
            return Err(no_such_session(victim));
        }
        self.dismiss(victims, goodbye, Farewell::Told, call.now);
        Ok(call.nothing())
    }

    fn kill_by_authid(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let authid = call.string(0, "authid")?;
        let goodbye = self.last_words(call)?;
        let victims = self.others(call, |_, session| session.authid == authid);
        self.dismiss(victims.clone(), goodbye, Farewell::Told, call.now);
        Ok(call.result(vec![victims.into()]))
    }

    fn kill_by_authrole(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let authrole = call.string(0, "authrole")?;
        let goodbye = self.last_words(call)?;
        let victims = self.others(call, |_, session| session.authrole == authrole);
        let count = victims.len() as u64;
        self.dismiss(victims, goodbye, Farewell::Told, call.now);
        Ok(call.result(vec![count.into()]))
    }

    fn kill_all(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let goodbye = self.last_words(call)?;
        let victims = self.others(call, |_, _| true);
        let count = victims.len() as u64;
        self.dismiss(victims, goodbye, Farewell::Silent, call.now);
        Ok(call.result(vec![count.into()]))
    }

    /// The sessions to kill. The caller is never among them.
    fn others(&self, call: &MetaCall, meant: impl Fn(Id, &Session) -> bool) -> Vec<Id> {
        let others = self.sessions.iter().filter(|(id, session)| **id != call.caller && !session.leaving);
        others.filter(|(id, session)| meant(**id, session)).map(|(id, _)| *id).collect()
    }

    /// GOODBYE as the caller words it.
    fn last_words(&self, call: &MetaCall) -> Result<Message, Refusal> {
        let reason = call.option_string("reason").map_err(|_| Refusal::invalid_uri(""))?;
        let reason = reason.unwrap_or_else(|| reason::NORMAL.into());
        self.check_uri(&reason, Match::Exact)?;
        let message = call.option_string("message")?;
        let details = message.map_or_else(Dict::new, |message| Dict::new().with("message", message));
        Ok(Message::Goodbye(Goodbye { details, reason }))
    }
}
