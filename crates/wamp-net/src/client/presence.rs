//! Whether the program looks after its client. Read and written without any lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// No count of visits.
const NEVER: u64 = u64::MAX;

/// Traces of the program's visits, and of the guard's plans.
#[derive(Debug)]
pub(crate) struct Presence {
    visits: AtomicU64,
    /// The count of visits at which the guard took over; the program is away for as long as it stays the same.
    away_since: AtomicU64,
    look_planned: AtomicBool,
    /// The number of the turn that is open; 0 for none.
    turn: AtomicU64,
}

impl Default for Presence {
    fn default() -> Self {
        let (visits, away_since) = (AtomicU64::new(0), AtomicU64::new(NEVER));
        Self { visits, away_since, look_planned: AtomicBool::new(false), turn: AtomicU64::new(0) }
    }
}

impl Presence {
    /// The program comes by.
    pub(crate) fn visit(&self) {
        self.visits.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the program came by.
    pub(crate) fn visits(&self) -> u64 {
        self.visits.load(Ordering::Relaxed)
    }

    /// The guard has done the program's work.
    pub(crate) fn took_over(&self) {
        self.away_since.store(self.visits(), Ordering::Relaxed);
    }

    /// Whether the program has not come by since the guard took over.
    pub(crate) fn is_away(&self) -> bool {
        self.away_since.load(Ordering::Relaxed) == self.visits()
    }

    /// The number of the turn that is open, or 0.
    pub(crate) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    /// That turn is open now; 0 for none.
    pub(crate) fn set_turn(&self, number: u64) {
        self.turn.store(number, Ordering::Relaxed);
    }

    /// Whether the caller has to plan a look, because nobody has.
    pub(crate) fn claim_look(&self) -> bool {
        !self.look_planned.load(Ordering::Relaxed) && !self.look_planned.swap(true, Ordering::AcqRel)
    }

    /// The planned look takes place.
    pub(crate) fn look(&self) {
        self.look_planned.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn away_until_the_next_visit() {
        let presence = Presence::default();
        assert!(!presence.is_away());
        presence.visit();
        presence.took_over();
        assert!(presence.is_away());
        presence.visit();
        assert!(!presence.is_away());
    }

    #[test]
    fn one_look_at_a_time() {
        let presence = Presence::default();
        assert!(presence.claim_look() && !presence.claim_look());
        presence.look();
        assert!(presence.claim_look());
    }
}
