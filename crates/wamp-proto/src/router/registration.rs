//! One procedure or pattern and its callees (specification: Shared Registration).

use bytestring::ByteString;

use crate::uri::Match;
use crate::{Entropy, Id};

/// Which callee of a shared registration gets a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invoke {
    Single,
    RoundRobin,
    Random,
    First,
    Last,
}

impl Invoke {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "single" => Self::Single,
            "roundrobin" => Self::RoundRobin,
            "random" => Self::Random,
            "first" => Self::First,
            "last" => Self::Last,
            _ => return None,
        })
    }
}

#[derive(Debug)]
pub(super) struct Registration {
    pub(super) procedure: ByteString,
    pub(super) policy: Match,
    pub(super) invoke: Invoke,
    /// In the order of registration.
    callees: Vec<Id>,
    /// Whose turn it is, for `roundrobin`.
    next: usize,
}

impl Registration {
    pub(super) fn new(procedure: ByteString, policy: Match, invoke: Invoke) -> Self {
        Self { procedure, policy, invoke, callees: Vec::new(), next: 0 }
    }

    pub(super) fn has(&self, callee: Id) -> bool {
        self.callees.contains(&callee)
    }

    pub(super) fn add(&mut self, callee: Id) {
        self.callees.push(callee);
    }

    /// Takes the callee out; the turn stays with whom it was.
    pub(super) fn remove(&mut self, callee: Id) {
        let Some(at) = self.callees.iter().position(|id| *id == callee) else { return };
        self.callees.remove(at);
        if at < self.next {
            self.next -= 1;
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.callees.is_empty()
    }

    /// The callee for the next call.
    pub(super) fn pick(&mut self, entropy: &mut dyn Entropy) -> Option<Id> {
        let count = self.callees.len();
        let at = match self.invoke {
            _ if count == 0 => return None,
            Invoke::Single | Invoke::First => 0,
            Invoke::Last => count - 1,
            Invoke::Random => (entropy.next_u64() % count as u64) as usize,
            Invoke::RoundRobin => {
                let at = self.next % count;
                self.next = at + 1;
                at
            }
        };
        self.callees.get(at).copied()
    }
}
