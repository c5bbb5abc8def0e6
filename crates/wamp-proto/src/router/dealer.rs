//! Who has registered what.

use std::collections::{BTreeSet, HashMap};

use super::holdings::Holdings;
use super::matching::Patterns;
use super::refusal::Refusal;
use super::registration::{Callee, Invoke, Registration, Terms};
use crate::uri::Match;
use crate::{Entropy, Id, SequentialIds, reason};

/// The registrations of a realm.
#[derive(Debug, Default)]
pub(super) struct Dealer {
    patterns: Patterns,
    registrations: HashMap<Id, Registration>,
    held: Holdings,
    ids: SequentialIds,
}

/// Where a call goes.
pub(super) struct Route {
    pub(super) registration: Id,
    pub(super) callee: Callee,
    /// The callee registered a pattern and needs to hear which procedure is meant.
    pub(super) by_pattern: bool,
}

impl Dealer {
    pub(super) fn len(&self) -> usize {
        self.registrations.len()
    }

    /// How many registrations the session has.
    pub(super) fn count(&self, session: Id) -> usize {
        self.held.count(session)
    }

    /// # Errors
    /// When the procedure is registered already, and not to be shared in that way or with that session.
    pub(super) fn register(&mut self, session: Id, procedure: &str, terms: Terms) -> Result<Id, Refusal> {
        let id = match self.patterns.get(procedure, terms.policy) {
            Some(id) => {
                self.check_shared(id, session, terms.invoke)?;
                id
            }
            None => self.create(procedure, terms),
        };
        if let Some(registration) = self.registrations.get_mut(&id) {
            registration.add(session, terms);
            self.held.add(session, id);
        }
        Ok(id)
    }

    fn check_shared(&self, id: Id, session: Id, invoke: Invoke) -> Result<(), Refusal> {
        let Some(present) = self.registrations.get(&id) else { return Ok(()) };
        let name = &present.procedure;
        if present.invoke == Invoke::Single || present.has(session) {
            return Err(Refusal::new(reason::PROCEDURE_ALREADY_EXISTS, format!("'{name}' is already registered")));
        }
        if present.invoke != invoke {
            let text = format!("'{name}' is already registered with another invocation policy");
            return Err(Refusal::new(reason::PROCEDURE_EXISTS_WITH_DIFFERENT_POLICY, text));
        }
        Ok(())
    }

    fn create(&mut self, procedure: &str, terms: Terms) -> Id {
        let id = self.ids.next_id();
        self.patterns.insert(procedure, terms.policy, id);
        self.registrations.insert(id, Registration::new(procedure.into(), terms));
        id
    }

    /// The registration of that very URI or pattern.
    pub(super) fn find(&self, procedure: &str, policy: Match) -> Option<Id> {
        self.patterns.get(procedure, policy)
    }

    /// The callees of that registration.
    pub(super) fn callees(&self, id: Id) -> Vec<Id> {
        self.registrations.get(&id).map_or_else(Vec::new, |registration| registration.callees().collect())
    }

    /// Whether there was such a registration of that session.
    pub(super) fn unregister(&mut self, session: Id, id: Id) -> bool {
        let found = self.held.remove(session, id);
        if found {
            self.release(session, id);
        }
        found
    }

    pub(super) fn leave(&mut self, session: Id) {
        for id in self.held.take(session) {
            self.release(session, id);
        }
    }

    fn release(&mut self, session: Id, id: Id) {
        let Some(registration) = self.registrations.get_mut(&id) else { return };
        registration.remove(session);
        if registration.is_unused() {
            self.patterns.remove(&registration.procedure, registration.policy);
            self.registrations.remove(&id);
        }
    }

    /// Where a call goes that this callee, and those that were tried before, did not take.
    pub(super) fn next_route(
        &mut self,
        registration: Id,
        callee: Id,
        tried: &BTreeSet<Id>,
        entropy: &mut dyn Entropy,
    ) -> Option<Route> {
        let found = self.registrations.get_mut(&registration)?;
        let by_pattern = found.policy != Match::Exact;
        found.pick_after(callee, tried, entropy).map(|callee| Route { registration, callee, by_pattern })
    }

    /// The callee that a call of that procedure goes to.
    pub(super) fn route(&mut self, procedure: &str, entropy: &mut dyn Entropy) -> Option<Route> {
        let id = self.patterns.best(procedure)?;
        let registration = self.registrations.get_mut(&id)?;
        let callee = registration.pick(entropy)?;
        Some(Route { registration: id, callee, by_pattern: registration.policy != Match::Exact })
    }
}
