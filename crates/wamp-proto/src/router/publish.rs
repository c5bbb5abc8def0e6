//! PUBLISH to EVENTs (specification: Publishing and Events).

use super::broker::Subscription;
use super::listing::Listing;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use crate::message::{Event, Publish, Published};
use crate::uri::{self, Match};
use crate::{Dict, Id, Message};

type Events = Vec<(Vec<Id>, Message)>;

impl RealmMachine {
    pub(super) fn on_publish(&mut self, from: Id, message: Publish) -> Result<(), Violation> {
        Violation::check_payload(&message.payload, "PUBLISH")?;
        let (request, acknowledge) = (message.request, message.options.flag("acknowledge"));
        let (answer, events) = match self.publish(from, message) {
            Ok((publication, events)) => (Message::Published(Published { request, publication }), events),
            Err(refusal) => (refusal.answer(Publish::CODE, request), Vec::new()),
        };
        // A publisher that hears itself hears the acknowledgement first.
        if acknowledge {
            self.send(from, answer);
        }
        for (to, event) in events {
            self.broadcast(to, event);
        }
        Ok(())
    }

    /// The events of a publication, each with its receivers.
    fn publish(&mut self, from: Id, message: Publish) -> Result<(Id, Events), Refusal> {
        self.check_uri(&message.topic, Match::Exact)?;
        if uri::is_reserved(&message.topic) {
            return Err(Refusal::invalid_uri(&message.topic));
        }
        let listing = Listing::read(&message.options, from)?;
        let disclosed = self.disclosure(from, &message.topic).applies(&message.options)?;
        let publication = Id::random(&mut *self.entropy);
        let mut events = Vec::new();
        for (subscription, found) in self.broker.matching(&message.topic) {
            let to = self.receivers(found, &listing);
            if !to.is_empty() {
                let details = self.event_details(from, disclosed, &message, found.policy);
                let payload = message.payload.clone();
                events.push((to, Message::Event(Event { subscription, publication, details, payload })));
            }
        }
        Ok((publication, events))
    }

    fn receivers(&self, subscription: &Subscription, listing: &Listing) -> Vec<Id> {
        let allowed = |id: &Id| self.attached(*id).is_some_and(|session| listing.allows(*id, session));
        subscription.subscribers.iter().copied().filter(allowed).collect()
    }

    fn event_details(&self, from: Id, disclosed: bool, message: &Publish, policy: Match) -> Dict {
        let mut details = Dict::new();
        if policy != Match::Exact {
            details.insert("topic", message.topic.clone());
        }
        if disclosed && let Some(publisher) = self.sessions.get(&from) {
            publisher.disclose(from, "publisher", &mut details);
        }
        details
    }
}
