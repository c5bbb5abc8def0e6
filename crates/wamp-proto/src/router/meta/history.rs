//! `wamp.subscription.get_events` (specification: Event History).

use std::time::SystemTime;

use bytestring::ByteString;

use super::super::authorization::Action;
use super::super::broker::Subscription;
use super::super::history::PastEvent;
use super::super::publish::event_details;
use super::super::realm::RealmMachine;
use super::super::refusal::Refusal;
use super::super::session::Session;
use super::call::invalid;
use super::events::EventList;
use super::subscription::no_such_subscription;
use super::{MetaCall, Procedure};
use crate::timestamp::parse_rfc3339;
use crate::uri::Match;
use crate::{Id, Payload};

/// An answer has no more bytes than that, but at least one event.
const ANSWER: usize = 1 << 20;

pub(super) fn procedure(name: &str) -> Option<Procedure> {
    (name == "get_events").then_some(RealmMachine::get_events)
}

/// What of a history somebody wants.
struct Query {
    reverse: bool,
    limit: usize,
    topic: Option<ByteString>,
    times: Vec<(Side, SystemTime)>,
    publications: Vec<(Side, Id)>,
}

/// On which side of a time or of an event.
#[derive(Clone, Copy, Debug)]
enum Side {
    From,
    After,
    Before,
    Until,
}

impl RealmMachine {
    /// Whoever may subscribe may look back. What is asked for does not exist where `_publication` names an event that
    /// is not there (any more): then nobody could tell an empty page from a lost one.
    fn get_events(&mut self, call: &MetaCall) -> Result<Payload, Refusal> {
        let id = call.id(0, "subscription")?;
        let query = Query::read(call)?;
        query.topic.iter().try_for_each(|topic| self.check_uri(topic, Match::Exact))?;
        let subscription = self.broker.get(id).ok_or_else(|| no_such_subscription(id))?;
        if !subscription.subscribers.contains(&call.caller) {
            self.check_permission(call.caller, Action::Subscribe, &(*subscription.topic).into(), subscription.policy)?;
        }
        let Some(caller) = self.sessions.get(&call.caller) else { return Ok(call.nothing()) };
        let (mut answer, mut more) = (EventList::new(call.serializer), false);
        for event in self.past_events(subscription, caller, &query)? {
            if answer.len() >= query.limit || answer.size() >= ANSWER {
                more = true;
                break;
            }
            let details = event_details(&event.kept.topic, subscription.policy, &event.kept.details);
            answer.push(id, event, details);
        }
        Ok(answer.finish(more))
    }

    /// The events in the wanted order, without what the caller may not see.
    fn past_events(
        &self,
        subscription: &Subscription,
        caller: &Session,
        query: &Query,
    ) -> Result<Vec<&PastEvent>, Refusal> {
        let all = self.history.of(&subscription.topic, subscription.policy);
        let mut numbers = Vec::new();
        for (side, publication) in &query.publications {
            let event = all.values().find(|event| event.kept.publication == *publication);
            let number = event.ok_or_else(|| invalid(&format!("there is no event {publication}")))?.number;
            numbers.push((*side, number));
        }
        let wanted = |event: &&PastEvent| {
            let numbered = numbers.iter().all(|(side, number)| side.holds(&event.number, number));
            numbered && query.accepts(event) && event.kept.listing.allows_principal(caller)
        };
        let mut found: Vec<&PastEvent> = all.values().copied().filter(wanted).collect();
        if query.reverse {
            found.reverse();
        }
        Ok(found)
    }
}

impl Query {
    fn read(call: &MetaCall) -> Result<Self, Refusal> {
        let (mut times, mut publications) = (Vec::new(), Vec::new());
        for side in Side::ALL {
            let name = format!("{}_time", side.name());
            if let Some(text) = call.option_string(&name)? {
                let time = parse_rfc3339(&text).ok_or_else(|| invalid(&format!("{name} is no RFC 3339 timestamp")))?;
                times.push((side, time));
            }
            if let Some(id) = call.option_id(&format!("{}_publication", side.name()))? {
                publications.push((side, id));
            }
        }
        Ok(Self {
            reverse: call.option_bool("reverse")?,
            limit: call.option_id("limit")?.map_or(usize::MAX, |limit| limit.get().try_into().unwrap_or(usize::MAX)),
            topic: call.option_string("topic")?,
            times,
            publications,
        })
    }

    fn accepts(&self, event: &PastEvent) -> bool {
        let on_topic = self.topic.as_ref().is_none_or(|topic| *topic == event.kept.topic);
        on_topic && self.times.iter().all(|(side, time)| side.holds(&event.at, time))
    }
}

impl Side {
    const ALL: [Self; 4] = [Self::From, Self::After, Self::Before, Self::Until];

    const fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::After => "after",
            Self::Before => "before",
            Self::Until => "until",
        }
    }

    fn holds<T: PartialOrd>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::From => value >= bound,
            Self::After => value > bound,
            Self::Before => value < bound,
            Self::Until => value <= bound,
        }
    }
}
