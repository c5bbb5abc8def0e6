//! PUBLISH to EVENTs (specification: Publishing and Events).

use bytestring::ByteString;

use super::broker::Subscription;
use super::kept::Kept;
use super::listing::Listing;
use super::passthru;
use super::realm::RealmMachine;
use super::refusal::{Refusal, Violation};
use super::session::{Role, Session};
use crate::message::{Event, Publish, Published};
use crate::timestamp::whole_millis;
use crate::uri::{self, Match};
use crate::{Dict, Id, Message, reason};

type Events = Vec<(Vec<Id>, Message)>;

/// A publication that may be made: who gets it, and what all of its events say.
pub(super) struct Publication<'a> {
    pub(super) id: Id,
    pub(super) message: &'a Publish,
    pub(super) listing: Listing,
    /// The details of an event for a subscription to exactly this topic.
    pub(super) details: Dict,
}

impl RealmMachine {
    pub(super) fn on_publish(&mut self, from: Id, message: &Publish) -> Result<(), Violation> {
        Violation::check_payload(&message.payload, "PUBLISH")?;
        let (request, acknowledge) = (message.request, message.options.flag("acknowledge"));
        let announced = |role| self.sessions.get(&from).is_some_and(|session| session.announced.passthru(role));
        if passthru::is_used(&message.options) && !announced(Role::Publisher) {
            return Err(Violation::unannounced("PUBLISH", "payload passthru mode"));
        }
        let id = Id::random(&mut *self.entropy);
        match self.publication(id, from, None, message) {
            Ok(publication) => {
                let (events, logs) = self.events(&publication);
                self.keep(&publication, &logs);
                // A publisher that hears itself hears the acknowledgement first.
                if acknowledge {
                    self.send(from, Message::Published(Published { request, publication: id }));
                }
                self.send_events(events);
            }
            Err(refusal) if acknowledge => self.send(from, refusal.answer(Publish::CODE, request)),
            Err(_) => {}
        }
        Ok(())
    }

    /// What that session publishes, unless it may not; `gone` where it is in the realm no more.
    pub(super) fn publication<'a>(
        &self,
        id: Id,
        from: Id,
        gone: Option<&Session>,
        message: &'a Publish,
    ) -> Result<Publication<'a>, Refusal> {
        self.check_uri(&message.topic, Match::Exact)?;
        if uri::is_reserved(&message.topic) {
            return Err(Refusal::invalid_uri(&message.topic));
        }
        if !passthru::is_well_formed(&message.options, self.config.limits.uri_length) {
            return Err(Refusal::new(reason::INVALID_ARGUMENT, "an attribute of payload passthru mode is no text"));
        }
        let listing = Listing::read(&message.options, from)?;
        let publisher = gone.or_else(|| self.sessions.get(&from));
        let disclosed = self.disclosure(publisher, &message.topic).applies(&message.options)?;
        let mut details = Dict::new();
        if (disclosed || self.config.trust_levels.is_some())
            && let Some(publisher) = publisher
        {
            publisher.describe(from, "publisher", disclosed, &mut details);
        }
        if passthru::is_used(&message.options) {
            passthru::forward(&message.options, &mut details);
        }
        Ok(Publication { id, message, listing, details })
    }

    /// Publishes what a session has left behind.
    pub(super) fn publish_testaments(&mut self, from: Id, session: &Session) {
        let testaments = session.testaments.iter().flat_map(|testaments| testaments.in_order());
        for testament in testaments {
            let id = Id::random(&mut *self.entropy);
            if let Ok(publication) = self.publication(id, from, Some(session), testament) {
                let (events, logs) = self.events(&publication);
                self.keep(&publication, &logs);
                self.send_events(events);
            }
        }
    }

    /// Keeps the publication for later, where somebody wants that. The history does not keep what is for certain
    /// sessions: those who ask for it will have others.
    fn keep(&mut self, publication: &Publication<'_>, logs: &[u32]) {
        if !logs.is_empty() && !publication.listing.names_sessions() {
            // Those who ask again from the last event on have its time in milliseconds.
            let at = whole_millis(self.time_of_day());
            self.history.keep(logs, at, Kept::new(publication));
        }
        if publication.message.options.flag("retain") {
            self.retention.keep(Kept::new(publication), &self.config.limits);
        }
    }

    /// The events of a publication, each with its receivers, and the logs that keep it.
    fn events(&self, publication: &Publication<'_>) -> (Events, Vec<u32>) {
        let (mut events, mut logs) = (Vec::new(), Vec::new());
        for (subscription, found) in self.broker.matching(&publication.message.topic) {
            logs.extend(found.log);
            let to = self.receivers(found, &publication.listing);
            if !to.is_empty() {
                events.push((to, publication.event(subscription, found.policy)));
            }
        }
        (events, logs)
    }

    fn receivers(&self, subscription: &Subscription, listing: &Listing) -> Vec<Id> {
        if listing.is_for_everybody() {
            return subscription.subscribers.filter(|id| listing.allows_session(id));
        }
        let allowed = |id: Id| self.sessions.get(&id).is_some_and(|session| listing.allows(id, session));
        subscription.subscribers.filter(allowed)
    }

    fn send_events(&mut self, events: Events) {
        for (to, event) in events {
            self.broadcast(to, event);
        }
    }
}

/// The details of an event for a subscription of that policy: who subscribed to a pattern needs to hear the topic.
pub(super) fn event_details(topic: &ByteString, policy: Match, common: &Dict) -> Dict {
    if policy == Match::Exact {
        return common.clone();
    }
    let mut details = Dict::new().with("topic", topic.clone());
    for (key, value) in common.iter() {
        details.insert(key.clone(), value.clone());
    }
    details
}

impl Publication<'_> {
    /// The event for a subscription of that policy.
    fn event(&self, subscription: Id, policy: Match) -> Message {
        let details = event_details(&self.message.topic, policy, &self.details);
        let payload = self.message.payload.clone();
        Message::Event(Event { subscription, publication: self.id, details, payload })
    }
}
