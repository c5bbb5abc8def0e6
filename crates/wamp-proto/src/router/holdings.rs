//! Which session holds which subscriptions, or registrations: so that what a session leaves behind is found without a
//! search.

use std::collections::{BTreeSet, HashMap};

use crate::Id;

#[derive(Debug, Default)]
pub(super) struct Holdings {
    by_session: HashMap<Id, BTreeSet<Id>>,
}

impl Holdings {
    /// How many things the session holds.
    pub(super) fn count(&self, session: Id) -> usize {
        self.by_session.get(&session).map_or(0, BTreeSet::len)
    }

    pub(super) fn holds(&self, session: Id, thing: Id) -> bool {
        self.by_session.get(&session).is_some_and(|held| held.contains(&thing))
    }

    pub(super) fn add(&mut self, session: Id, thing: Id) {
        self.by_session.entry(session).or_default().insert(thing);
    }

    /// Whether the session held it until now.
    pub(super) fn remove(&mut self, session: Id, thing: Id) -> bool {
        let Some(held) = self.by_session.get_mut(&session) else { return false };
        let found = held.remove(&thing);
        if held.is_empty() {
            self.by_session.remove(&session);
        }
        found
    }

    /// Takes everything that the session holds.
    pub(super) fn take(&mut self, session: Id) -> BTreeSet<Id> {
        self.by_session.remove(&session).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_once() {
        let [alice, thing, other] = [1, 2, 3].map(|id| Id::new(id).unwrap());
        let mut holdings = Holdings::default();
        holdings.add(alice, thing);
        holdings.add(alice, other);
        assert!(holdings.holds(alice, thing) && holdings.count(alice) == 2);
        assert!(holdings.remove(alice, thing) && !holdings.remove(alice, thing));
        assert_eq!(holdings.take(alice), BTreeSet::from([other]));
        assert!(holdings.take(alice).is_empty() && !holdings.holds(alice, other));
    }
}
