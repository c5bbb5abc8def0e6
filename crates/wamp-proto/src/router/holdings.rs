//! Which session holds which subscriptions, or registrations: so that what a session leaves behind is found without a
//! search.

use std::collections::{BTreeSet, HashMap};

use crate::Id;

#[derive(Debug, Default)]
pub(super) struct Holdings {
    by_session: HashMap<Id, Held>,
}

#[derive(Debug, Default)]
struct Held {
    things: BTreeSet<Id>,
    bytes: usize,
}

impl Holdings {
    /// How many things the session holds.
    pub(super) fn count(&self, session: Id) -> usize {
        self.by_session.get(&session).map_or(0, |held| held.things.len())
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self, session: Id) -> usize {
        self.by_session.get(&session).map_or(0, |held| held.bytes)
    }

    pub(super) fn holds(&self, session: Id, thing: Id) -> bool {
        self.by_session.get(&session).is_some_and(|held| held.things.contains(&thing))
    }

    pub(super) fn add(&mut self, session: Id, thing: Id, bytes: usize) {
        let held = self.by_session.entry(session).or_default();
        if held.things.insert(thing) {
            held.bytes += bytes;
        }
    }

    /// Whether the session held it until now; `bytes` are those that it was added with.
    pub(super) fn remove(&mut self, session: Id, thing: Id, bytes: usize) -> bool {
        let Some(held) = self.by_session.get_mut(&session) else { return false };
        let found = held.things.remove(&thing);
        if found {
            held.bytes -= bytes;
        }
        if held.things.is_empty() {
            self.by_session.remove(&session);
        }
        found
    }

    /// Takes everything that the session holds.
    pub(super) fn take(&mut self, session: Id) -> BTreeSet<Id> {
        self.by_session.remove(&session).unwrap_or_default().things
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_given_back_once() {
        let [alice, thing, other] = [1, 2, 3].map(|id| Id::new(id).unwrap());
        let mut holdings = Holdings::default();
        holdings.add(alice, thing, 10);
        holdings.add(alice, thing, 10);
        holdings.add(alice, other, 5);
        assert_eq!((holdings.holds(alice, thing), holdings.count(alice), holdings.bytes(alice)), (true, 2, 15));
        assert!(holdings.remove(alice, thing, 10) && !holdings.remove(alice, thing, 10));
        assert_eq!(holdings.bytes(alice), 5);
        assert_eq!(holdings.take(alice), BTreeSet::from([other]));
        assert!(holdings.take(alice).is_empty() && !holdings.holds(alice, other) && holdings.bytes(alice) == 0);
    }
}
