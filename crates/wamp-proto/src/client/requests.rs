//! The requests of a session that wait for their answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::hash::ById;
use super::journal::Standing;
use crate::{Id, SequentialIds};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// SUBSCRIBE or REGISTER for that number of the program.
    Ask(Standing, u64),
    /// UNSUBSCRIBE or UNREGISTER.
    Leave(Standing, u64, Id),
    Publish,
    Call,
}

impl Kind {
    /// The message's code, as ERROR repeats it.
    pub(super) const fn code(self) -> u64 {
        match self {
            Self::Publish => 16,
            Self::Ask(Standing::Subscription, _) => 32,
            Self::Leave(Standing::Subscription, ..) => 34,
            Self::Call => 48,
            Self::Ask(Standing::Registration, _) => 64,
            Self::Leave(Standing::Registration, ..) => 66,
        }
    }
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) kind: Kind,
    /// The program's number; `None` for requests of the machine's own.
    pub(super) request: Option<u64>,
}

/// The requests of one session, by their ids on the wire.
#[derive(Debug, Default)]
pub(super) struct Requests {
    ids: SequentialIds,
    pending: HashMap<u64, Pending, ById>,
    /// From the program's numbers of calls to the ids on the wire.
    calls: HashMap<u64, Id, ById>,
}

impl Requests {
    /// The id that the next request gets. It counts only when the request is sent: the specification allows no gaps.
    pub(super) fn next_id(&self) -> Id {
        self.ids.clone().next_id()
    }

    /// The request with the next id is sent, and nobody waits for an answer.
    pub(super) fn sent(&mut self) {
        self.ids.next_id();
    }

    /// The request with the next id is sent.
    pub(super) fn sent_pending(&mut self, pending: Pending) {
        let id = self.ids.next_id();
        if let (Kind::Call, Some(request)) = (pending.kind, pending.request) {
            self.calls.insert(request, id);
        }
        self.pending.insert(id.get(), pending);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn get(&self, id: Id) -> Option<Pending> {
        self.pending.get(&id.get()).copied()
    }

    /// Takes the request of that id if it is of a kind that `fits`.
    pub(super) fn take(&mut self, id: Id, fits: impl FnOnce(Kind) -> bool) -> Option<Pending> {
        let Entry::Occupied(entry) = self.pending.entry(id.get()) else { return None };
        if !fits(entry.get().kind) {
            return None;
        }
        let pending = entry.remove();
        if let (Kind::Call, Some(request)) = (pending.kind, pending.request) {
            self.calls.remove(&request);
        }
        Some(pending)
    }

    /// The id of a call that waits for its answer.
    pub(super) fn call(&self, request: u64) -> Option<Id> {
        self.calls.get(&request).copied()
    }

    /// Whatever the router answers, nobody waits for it any more.
    pub(super) fn forget_pending(&mut self) {
        self.pending.clear();
        self.calls.clear();
    }

    /// The session is over: everything that was pending, in the order it was sent. Ids begin anew.
    pub(super) fn drain(&mut self) -> Vec<Pending> {
        let mut pending: Vec<(u64, Pending)> = self.pending.drain().collect();
        pending.sort_unstable_by_key(|&(id, _)| id);
        *self = Self::default();
        pending.into_iter().map(|(_, pending)| pending).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Kind = Kind::Call;

    #[test]
    fn ids_count_from_1_without_gaps() {
        let mut requests = Requests::default();
        assert_eq!((requests.next_id().get(), requests.next_id().get()), (1, 1));
        requests.sent();
        requests.sent_pending(Pending { kind: CALL, request: Some(7) });
        assert_eq!(requests.call(7).map(Id::get), Some(2));
        assert_eq!(requests.next_id().get(), 3);
    }

    #[test]
    fn an_answer_takes_only_the_kind_it_fits() {
        let mut requests = Requests::default();
        let id = requests.next_id();
        requests.sent_pending(Pending { kind: CALL, request: Some(7) });
        assert_eq!(requests.take(id, |kind| kind == Kind::Publish), None);
        assert!(requests.take(id, |kind| kind == CALL).is_some());
        assert_eq!(requests.take(id, |kind| kind == CALL), None);
        assert_eq!(requests.call(7), None);
    }

    #[test]
    fn what_is_left_of_a_session_comes_in_the_order_it_was_sent() {
        let mut requests = Requests::default();
        for request in 1..=50 {
            requests.sent_pending(Pending { kind: CALL, request: Some(request) });
        }
        let left: Vec<_> = requests.drain().into_iter().filter_map(|pending| pending.request).collect();
        assert_eq!(left, (1..=50).collect::<Vec<_>>());
        assert_eq!(requests.next_id().get(), 1);
        assert_eq!(requests.call(50), None);
    }
}
