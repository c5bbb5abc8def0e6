//! Ids and the scopes they are drawn from (specification: Identifiers, ID).

use std::fmt;
use std::num::NonZeroU64;

/// An id: an integer from 1 to 2^53.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(NonZeroU64);

impl Id {
    /// The smallest id, 1.
    pub const MIN: Self = Self(NonZeroU64::MIN);
    /// The largest id, 2^53: every double holds each integer up to here.
    pub const MAX: u64 = 1 << 53;

    /// The id of that value; `None` outside 1 to 2^53.
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        match NonZeroU64::new(value) {
            Some(id) if value <= Self::MAX => Some(Self(id)),
            _ => None,
        }
    }

    /// The integer on the wire.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The id that comes `steps` behind the first one; behind the last one comes the first again.
    const fn at(steps: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(steps % Self::MAX))
    }

    /// An id of the *global* scope: drawn at random from the whole range.
    pub fn random(entropy: &mut dyn Entropy) -> Self {
        Self::at(entropy.next_u64())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Where the random numbers of a machine come from: the driver passes a cryptographically secure generator, a test
/// passes a counter.
pub trait Entropy: Send {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;
}

/// The ids of the *session* scope: 1, 2, 3 and so on, back to 1 after 2^53.
#[derive(Debug, Default, Clone)]
pub struct SequentialIds {
    last: u64,
}

impl SequentialIds {
    /// The next id of the sequence.
    pub fn next_id(&mut self) -> Id {
        let next = Id::at(self.last);
        self.last = next.get();
        next
    }

    /// The id given out last; `None` before the first.
    #[must_use]
    pub fn last(&self) -> Option<Id> {
        Id::new(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_between_1_and_2_to_the_53() {
        assert_eq!(Id::new(0), None);
        assert_eq!(Id::new(1).map(Id::get), Some(1));
        assert_eq!(Id::new(1 << 53).map(Id::get), Some(1 << 53));
        assert_eq!(Id::new((1 << 53) + 1), None);
    }

    #[test]
    fn session_ids_count_from_1_and_wrap() {
        let mut ids = SequentialIds::default();
        assert_eq!(ids.last(), None);
        assert_eq!(ids.next_id().get(), 1);
        assert_eq!(ids.next_id().get(), 2);
        ids.last = Id::MAX;
        assert_eq!(ids.next_id().get(), 1);
    }
}
