//! The invocations that the program has not answered yet.

use std::collections::HashMap;

use super::hash::ById;
use crate::Id;

/// Local numbers of invocations go up for ever, so that an answer to an invocation of a lost session is recognized.
#[derive(Debug, Default)]
pub(super) struct Invocations {
    last: u64,
    open: HashMap<u64, Id, ById>,
    /// The other way round. Its keys come from the router, so they are hashed with a secret.
    numbers: HashMap<u64, u64>,
}

impl Invocations {
    /// An INVOCATION came; returns its local number. One that reuses the id of an open one takes its place.
    pub(super) fn open(&mut self, request: Id) -> u64 {
        self.last += 1;
        self.open.insert(self.last, request);
        if let Some(replaced) = self.numbers.insert(request.get(), self.last) {
            self.open.remove(&replaced);
        }
        self.last
    }

    /// The id on the wire, while there may be more results.
    pub(super) fn id(&self, invocation: u64) -> Option<Id> {
        self.open.get(&invocation).copied()
    }

    /// The last answer goes out.
    pub(super) fn finish(&mut self, invocation: u64) -> Option<Id> {
        let request = self.open.remove(&invocation)?;
        self.numbers.remove(&request.get());
        Some(request)
    }

    /// The router interrupts the invocation with that id.
    pub(super) fn interrupt(&mut self, request: Id) -> Option<u64> {
        let invocation = self.numbers.remove(&request.get())?;
        self.open.remove(&invocation);
        Some(invocation)
    }

    /// Nobody waits for the answers any more.
    pub(super) fn session_ended(&mut self) {
        self.open.clear();
        self.numbers.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn id(n: u64) -> Id {
        Id::new(n).unwrap()
    }

    #[test]
    fn numbers_are_never_used_twice() {
        let mut invocations = Invocations::default();
        assert_eq!(invocations.open(id(1)), 1);
        invocations.session_ended();
        assert_eq!(invocations.open(id(1)), 2);
        assert_eq!((invocations.id(1), invocations.id(2)), (None, Some(id(1))));
    }

    #[test]
    fn an_invocation_is_finished_once() {
        let mut invocations = Invocations::default();
        let n = invocations.open(id(40));
        assert_eq!(invocations.finish(n), Some(id(40)));
        assert_eq!(invocations.finish(n), None);
        assert_eq!(invocations.interrupt(id(40)), None);
    }

    #[test]
    fn an_interrupted_invocation_is_over() {
        let mut invocations = Invocations::default();
        let n = invocations.open(id(40));
        assert_eq!(invocations.interrupt(id(40)), Some(n));
        assert_eq!(invocations.finish(n), None);
    }

    #[test]
    fn an_id_used_twice_belongs_to_the_later_invocation() {
        let mut invocations = Invocations::default();
        let first = invocations.open(id(40));
        let second = invocations.open(id(40));
        assert_eq!(invocations.finish(first), None);
        assert_eq!(invocations.interrupt(id(40)), Some(second));
    }
}
