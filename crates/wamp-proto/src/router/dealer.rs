//! Who has registered what.

use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

use super::holdings::Holdings;
use super::matching::{Patterns, footprint};
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

/// What came of a request to register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) id: Id,
    /// Nobody had registered it.
    pub(super) is_first: bool,
}

/// Where a call goes.
pub(super) struct Route {
    pub(super) registration: Id,
    pub(super) callee: Callee,
    /// The callee registered a pattern and needs to hear which procedure is meant.
    pub(super) by_pattern: bool,
    /// Others may serve it as well, now or soon.
    pub(super) is_shared: bool,
}

impl Route {
    fn new(registration: Id, callee: Callee, found: &Registration) -> Self {
        let (by_pattern, is_shared) = (found.policy != Match::Exact, found.invoke != Invoke::Single);
        Self { registration, callee, by_pattern, is_shared }
    }
}

impl Dealer {
    pub(super) fn len(&self) -> usize {
        self.registrations.len()
    }

    /// How many registrations the session has.
    pub(super) fn count(&self, session: Id) -> usize {
        self.held.count(session)
    }

    /// How many bytes these take.
    pub(super) fn bytes(&self, session: Id) -> usize {
        self.held.bytes(session)
    }

    /// # Errors
    /// When the procedure is registered already, and not to be shared in that way or with that session.
    pub(super) fn register(
        &mut self,
        session: Id,
        procedure: &str,
        terms: Terms,
        now: SystemTime,
    ) -> Result<Registered, Refusal> {
        let id = match self.patterns.get(procedure, terms.policy) {
            Some(id) => {
                self.check_shared(id, session, terms.invoke)?;
                id
            }
            None => self.create(procedure, terms, now),
        };
        let mut is_first = false;
        if let Some(registration) = self.registrations.get_mut(&id) {
            is_first = registration.is_unused();
            registration.add(session, terms);
            self.held.add(session, id, footprint(procedure, terms.policy));
        }
        Ok(Registered { id, is_first })
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

    fn create(&mut self, procedure: &str, terms: Terms, now: SystemTime) -> Id {
        let id = self.ids.next_id();
        self.patterns.insert(procedure, terms.policy, id);
        self.registrations.insert(id, Registration::new(procedure.into(), terms, now));
        id
    }

    /// The registration of that very URI or pattern.
    pub(super) fn find(&self, procedure: &str, policy: Match) -> Option<Id> {
        self.patterns.get(procedure, policy)
    }

    /// The registration that a call of that procedure goes to.
    pub(super) fn best(&self, procedure: &str) -> Option<Id> {
        self.patterns.best(procedure)
    }

    pub(super) fn get(&self, id: Id) -> Option<&Registration> {
        self.registrations.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Id, &Registration)> {
        self.registrations.iter().map(|(id, registration)| (*id, registration))
    }

    /// Ends a registration of that session. The answer says whether it was the last one, so that nobody serves that any
    /// more; `None` when the session had no such registration.
    pub(super) fn unregister(&mut self, session: Id, id: Id) -> Option<bool> {
        let bytes = self.get(id).map_or(0, |found| footprint(&found.procedure, found.policy));
        self.held.remove(session, id, bytes).then(|| self.release(session, id))
    }

    /// Takes the registrations that the session has; each must be [released](Self::release).
    pub(super) fn take(&mut self, session: Id) -> BTreeSet<Id> {
        self.held.take(session)
    }

    /// Takes the session out of a registration that it held. Whether the registration is gone now.
    pub(super) fn release(&mut self, session: Id, id: Id) -> bool {
        let Some(registration) = self.registrations.get_mut(&id) else { return false };
        registration.remove(session);
        let last = registration.is_unused();
        if last {
            self.patterns.remove(&registration.procedure, registration.policy);
            self.registrations.remove(&id);
        }
        last
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
        let callee = found.pick_after(callee, tried, entropy)?;
        Some(Route::new(registration, callee, found))
    }

    /// The callee that a call of that procedure goes to.
    pub(super) fn route(&mut self, procedure: &str, entropy: &mut dyn Entropy) -> Option<Route> {
        let id = self.patterns.best(procedure)?;
        let registration = self.registrations.get_mut(&id)?;
        let callee = registration.pick(entropy)?;
        Some(Route::new(id, callee, registration))
    }
}
