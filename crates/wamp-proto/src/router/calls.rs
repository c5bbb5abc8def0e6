//! The calls that are not yet answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::config::Disclosure;
use super::progressive::Pieces;
use crate::message::Invocation;
use crate::{Dict, Id, Instant, Value};

/// An invocation's id is only good together with its callee, so nobody can answer for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Invoked {
    pub(super) callee: Id,
    pub(super) invocation: Id,
}

/// One call, from INVOCATION to the last RESULT or ERROR.
#[derive(Clone, Debug)]
pub(super) struct OpenCall {
    pub(super) caller: Id,
    pub(super) request: Id,
    /// The caller takes progressive results.
    pub(super) progress: bool,
    /// INTERRUPT was sent already, the callee's answer is awaited (cancel mode kill).
    pub(super) interrupted: bool,
    /// The time limit to the next result.
    pub(super) timeout: Option<Duration>,
    /// The callee keeps it, not the dealer.
    pub(super) forwarded: bool,
    deadline: Option<Instant>,
    /// Whether every callee is told who calls, or those that asked for it, or none.
    pub(super) disclosure: Disclosure,
    /// The callees that did not take it.
    pub(super) tried: BTreeSet<Id>,
    /// What another callee can be told, should this one not be available.
    pub(super) again: Option<Box<Invocation>>,
    /// For calls whose arguments come in pieces.
    pub(super) pieces: Option<Box<Pieces>>,
}

impl OpenCall {
    pub(super) const fn new(caller: Id, request: Id) -> Self {
        Self {
            caller,
            request,
            progress: false,
            interrupted: false,
            timeout: None,
            forwarded: false,
            deadline: None,
            disclosure: Disclosure::Never,
            tried: BTreeSet::new(),
            again: None,
            pieces: None,
        }
    }

    /// What is left of the time limit; a callee that gets the call too late has a moment, as 0 would be no limit.
    pub(super) fn time_left(&self, now: Instant) -> Option<Duration> {
        const MOMENT: Duration = Duration::from_millis(1);
        let left = |deadline: Instant| deadline.saturating_sub(now).max(MOMENT);
        self.deadline.map(left).or(self.timeout)
    }

    /// The bytes that are kept for other callees, and for further pieces.
    fn kept(&self) -> usize {
        self.kept_for_others() + self.kept_for_pieces()
    }

    fn kept_for_others(&self) -> usize {
        self.again.as_ref().map_or(0, |again| size_of::<Invocation>() + again.payload.len() + texts(&again.details))
    }

    fn kept_for_pieces(&self) -> usize {
        self.pieces.as_ref().map_or(0, |pieces| size_of::<Pieces>() + pieces.procedure.len() + texts(&pieces.details))
    }
}

/// Details take at least what their texts do.
fn texts(details: &Dict) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, |text| text.len());
    details.iter().map(|(key, value)| key.len() + size_of::<Value>() + text(value)).sum()
}

/// The calls that one session has open.
#[derive(Debug, Default)]
struct CallsOfOne {
    by_request: BTreeMap<Id, Invoked>,
    /// The bytes that are kept of them.
    kept: usize,
}

/// All open calls of a realm, by both of their ends and by their time limit. What is answered is forgotten.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: BTreeMap<Invoked, OpenCall>,
    by_caller: HashMap<Id, CallsOfOne>,
    deadlines: BTreeSet<(Instant, Invoked)>,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// How many calls the session has open.
    pub(super) fn count(&self, caller: Id) -> usize {
        self.by_caller.get(&caller).map_or(0, |calls| calls.by_request.len())
    }

    /// Whether what this call keeps for further pieces is no more than so many bytes with all calls of the caller.
    pub(super) fn has_room(&self, call: &OpenCall, most_kept: usize) -> bool {
        let kept = self.by_caller.get(&call.caller).map_or(0, |calls| calls.kept);
        call.pieces.is_none() || kept + call.kept_for_pieces() <= most_kept
    }

    /// The time limit starts now, unless it has before. What is kept for other callees must not be more than so many
    /// bytes for all calls of the caller: otherwise this one is for its callee alone.
    pub(super) fn insert(&mut self, key: Invoked, mut call: OpenCall, now: Instant, most_kept: usize) {
        let calls = self.by_caller.entry(call.caller).or_default();
        calls.by_request.insert(call.request, key);
        if calls.kept + call.kept() > most_kept {
            call.again = None;
        }
        calls.kept += call.kept();
        call.deadline = call.deadline.or_else(|| call.timeout.map(|timeout| now.saturating_add(timeout)));
        if let Some(deadline) = call.deadline.filter(|_| !call.forwarded) {
            self.deadlines.insert((deadline, key));
        }
        self.open.insert(key, call);
    }

    /// Starts the time limit anew, if the call has one.
    pub(super) fn start_timer(&mut self, key: Invoked, now: Instant) {
        let Some(call) = self.open.get_mut(&key) else { return };
        let Some(timeout) = call.timeout.filter(|_| !call.forwarded) else { return };
        let deadline = now.saturating_add(timeout);
        if let Some(old) = call.deadline.replace(deadline) {
            self.deadlines.remove(&(old, key));
        }
        self.deadlines.insert((deadline, key));
    }

    pub(super) fn get(&self, key: Invoked) -> Option<&OpenCall> {
        self.open.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: Invoked) -> Option<&mut OpenCall> {
        self.open.get_mut(&key)
    }

    /// The call of that caller under its own request id.
    pub(super) fn find(&self, caller: Id, request: Id) -> Option<Invoked> {
        self.by_caller.get(&caller)?.by_request.get(&request).copied()
    }

    pub(super) fn remove(&mut self, key: Invoked) -> Option<OpenCall> {
        let call = self.open.remove(&key)?;
        if let Some(deadline) = call.deadline {
            self.deadlines.remove(&(deadline, key));
        }
        if let Some(calls) = self.by_caller.get_mut(&call.caller) {
            calls.by_request.remove(&call.request);
            calls.kept -= call.kept();
            if calls.by_request.is_empty() {
                self.by_caller.remove(&call.caller);
            }
        }
        Some(call)
    }

    /// The callee has begun with it: no other one gets it.
    pub(super) fn settle_on_callee(&mut self, key: Invoked) {
        let Some(call) = self.open.get_mut(&key).filter(|call| call.again.is_some()) else { return };
        if let Some(calls) = self.by_caller.get_mut(&call.caller) {
            calls.kept -= call.kept_for_others();
        }
        call.again = None;
    }

    /// The open calls that the session made.
    pub(super) fn made_by(&self, caller: Id) -> Vec<Invoked> {
        self.by_caller.get(&caller).map_or_else(Vec::new, |calls| calls.by_request.values().copied().collect())
    }

    /// The open calls that the session has to answer.
    pub(super) fn answered_by(&self, callee: Id) -> Vec<Invoked> {
        let from = Invoked { callee, invocation: Id::MIN };
        self.open.range(from..).map(|(key, _)| *key).take_while(|key| key.callee == callee).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The call whose time is up first, if it is up by now.
    pub(super) fn expired(&self, now: Instant) -> Option<Invoked> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now).map(|(_, key)| *key)
    }
}
