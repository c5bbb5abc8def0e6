//! Whose turn it is, where not all can have one at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// A waiting line in lanes. The next turn is for the lane that has the fewest, of these for whoever has waited longest.
/// So a lane that many push into makes nobody else wait for more than its share.
#[derive(Debug)]
pub(super) struct Turns<L> {
    limits: Limits,
    lanes: HashMap<L, Lane>,
    /// Where somebody waits and may have a turn: by the turns that the lane has, and its first number.
    ready: BTreeMap<(usize, u64), L>,
    had: usize,
}

/// How many turns there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) all: usize,
    pub(super) lane: usize,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeSet<u64>,
    had: usize,
}

impl Lane {
    fn place(&self, limits: Limits) -> Option<(usize, u64)> {
        self.waiting.first().filter(|_| self.had < limits.lane).map(|first| (self.had, *first))
    }
}

impl<L: Clone + Eq + Hash> Turns<L> {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, lanes: HashMap::new(), ready: BTreeMap::new(), had: 0 }
    }

    /// Somebody waits in that lane, under a number that is higher than all before.
    pub(super) fn wait(&mut self, lane: &L, number: u64) {
        self.change(lane, |lane| lane.waiting.insert(number));
    }

    /// Whether somebody who waits may have a turn.
    pub(super) fn is_ready(&self) -> bool {
        self.had < self.limits.all && !self.ready.is_empty()
    }

    /// Gives the next turn, which lasts until [`Turns::leave`].
    pub(super) fn next(&mut self) -> Option<u64> {
        let ((_, number), lane) = self.ready.first_key_value().filter(|_| self.had < self.limits.all)?;
        let (number, lane) = (*number, lane.clone());
        self.had += 1;
        self.change(&lane, |lane| {
            lane.waiting.remove(&number);
            lane.had += 1;
        });
        Some(number)
    }

    /// That number waits no more, or has had its turn.
    pub(super) fn leave(&mut self, lane: &L, number: u64) {
        let waited = self.change(lane, |lane| {
            let waited = lane.waiting.remove(&number);
            lane.had = lane.had.saturating_sub(usize::from(!waited));
            waited
        });
        self.had = self.had.saturating_sub(usize::from(!waited));
    }

    fn change<T>(&mut self, name: &L, change: impl FnOnce(&mut Lane) -> T) -> T {
        let lane = self.lanes.entry(name.clone()).or_default();
        let before = lane.place(self.limits);
        let changed = change(lane);
        let after = lane.place(self.limits);
        if lane.waiting.is_empty() && lane.had == 0 {
            self.lanes.remove(name);
        }
        before.and_then(|place| self.ready.remove(&place));
        after.and_then(|place| self.ready.insert(place, name.clone()));
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(all: usize, lane: usize) -> Turns<char> {
        Turns::new(Limits { all, lane })
    }

    fn given(turns: &mut Turns<char>) -> Vec<u64> {
        std::iter::from_fn(|| turns.next()).collect()
    }

    #[test]
    fn in_one_lane_it_is_first_come_first_served() {
        let mut turns = turns(2, 2);
        (1..=4).for_each(|number| turns.wait(&'a', number));
        assert_eq!(given(&mut turns), [1, 2]);
        assert!(!turns.is_ready());
        turns.leave(&'a', 2);
        assert!(turns.is_ready());
        assert_eq!(given(&mut turns), [3]);
    }

    #[test]
    fn a_crowded_lane_has_its_share_and_others_are_not_behind_it() {
        let mut turns = turns(4, 3);
        (1..=9).for_each(|number| turns.wait(&'a', number));
        assert_eq!(given(&mut turns), [1, 2, 3], "no lane has them all");
        turns.wait(&'b', 10);
        turns.wait(&'c', 11);
        assert_eq!(given(&mut turns), [10]);
        turns.leave(&'a', 1);
        assert_eq!(given(&mut turns), [11], "who has none comes before who has some");
        turns.leave(&'b', 10);
        assert_eq!(given(&mut turns), [4]);
    }

    #[test]
    fn who_leaves_while_waiting_takes_no_turn_and_nothing_is_left() {
        let mut turns = turns(1, 1);
        (1..=3).for_each(|number| turns.wait(&'a', number));
        turns.leave(&'a', 1);
        assert_eq!(given(&mut turns), [2]);
        turns.leave(&'a', 2);
        turns.leave(&'a', 3);
        assert!(!turns.is_ready() && turns.lanes.is_empty() && turns.ready.is_empty() && turns.had == 0);
    }
}
