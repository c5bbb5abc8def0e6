//! What the router itself offers under `wamp.`: procedures that it serves, and events that it publishes
//! (specification: Meta API). Each group of them has its file, with its procedures and its events, and its switch in
//! [`MetaApi`](super::MetaApi).

mod call;
mod events;
mod history;
mod kill;
mod registration;
mod session;
mod subscription;
mod testament;

use super::broker::Subscription;
use super::realm::RealmMachine;
use super::refusal::Refusal;
use crate::message::{Call, CallResult, Event};
use crate::uri::Match;
use crate::{Dict, Id, Instant, Message, Payload, Serializer, Value, reason};
use call::MetaCall;
pub(super) use session::session_details;

/// A procedure of the router: the arguments of the result, or why there is none.
type Procedure = fn(&mut RealmMachine, &MetaCall) -> Result<Payload, Refusal>;

fn no_such_session(id: Id) -> Refusal {
    Refusal::new(reason::NO_SUCH_SESSION, format!("there is no session {id} in this realm"))
}

impl RealmMachine {
    /// Serves a call of a procedure under `wamp.`. Nobody can register one.
    pub(super) fn call_meta(&mut self, from: Id, message: &Call, now: Instant) -> Result<(), Refusal> {
        let procedure = self.meta_procedure(&message.procedure).ok_or_else(|| {
            Refusal::new(reason::NO_SUCH_PROCEDURE, format!("there is no procedure '{}'", message.procedure))
        })?;
        let payload = procedure(self, &MetaCall::read(from, &message.payload, now)?)?;
        self.send(from, Message::Result(CallResult { request: message.request, details: Dict::new(), payload }));
        Ok(())
    }

    /// The procedure of that name, where the realm's configuration offers it.
    fn meta_procedure(&self, uri: &str) -> Option<Procedure> {
        let (group, name) = uri.strip_prefix("wamp.")?.split_once('.')?;
        match group {
            "registration" if self.config.meta.registration => registration::procedure(name),
            "session" => self.session_procedure(name),
            "subscription" => self.subscription_procedure(name),
            _ => None,
        }
    }

    /// The history depends on what is kept alone.
    fn subscription_procedure(&self, name: &str) -> Option<Procedure> {
        let history = (!self.config.history.is_empty()).then(|| history::procedure(name)).flatten();
        history.or_else(|| if self.config.meta.subscription { subscription::procedure(name) } else { None })
    }

    /// Testaments do not depend on the switch: a session sees and changes nothing there but its own.
    fn session_procedure(&self, name: &str) -> Option<Procedure> {
        let testament = (self.config.limits.testaments > 0).then(|| testament::procedure(name)).flatten();
        let found = || session::procedure(name).or_else(|| kill::procedure(name));
        testament.or_else(|| if self.config.meta.session { found() } else { None })
    }

    /// Publishes an event of the router itself. Its arguments are made only if somebody wants them.
    fn publish_meta(&mut self, topic: &'static str, args: impl FnOnce() -> Vec<Value>) {
        let receivers = |subscription: &Subscription| {
            let subscribers = subscription.subscribers.iter().copied();
            subscribers.filter(|id| self.attached(*id).is_some()).collect()
        };
        let found = self.broker.matching(topic).map(|(id, found)| (id, found.policy, receivers(found)));
        let found: Vec<(Id, Match, Vec<Id>)> = found.collect();
        if found.is_empty() {
            return;
        }
        // JSON would take some texts for binary data.
        let payload = Payload::from_values(Serializer::MsgPack, Some(args()), None);
        let publication = Id::random(&mut *self.entropy);
        for (subscription, policy, to) in found {
            let details = if policy == Match::Exact { Dict::new() } else { Dict::new().with("topic", topic) };
            let payload = payload.clone();
            self.broadcast(to, Message::Event(Event { subscription, publication, details, payload }));
        }
    }
}
