//! One procedure or pattern and its callees (specification: Shared Registration).

use std::collections::BTreeSet;
use std::time::SystemTime;

use bytestring::ByteString;

use super::refusal::Refusal;
use super::subscribe::match_policy;
use crate::uri::Match;
use crate::{Dict, Entropy, Id, reason};

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

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::RoundRobin => "roundrobin",
            Self::Random => "random",
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

/// How a callee registers: what the options of REGISTER say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) policy: Match,
    pub(super) invoke: Invoke,
    /// The callee keeps the time limits of its calls itself (specification: Call Timeouts).
    pub(super) forward_timeout: bool,
    /// The callee wants to know who calls (specification: Caller Identification).
    pub(super) disclose_caller: bool,
    /// Whoever has the procedure now loses it.
    pub(super) force: bool,
}

impl Terms {
    /// # Errors
    /// `wamp.error.invalid_argument` for a policy that there is not.
    pub(super) fn read(options: &Dict) -> Result<Self, Refusal> {
        Ok(Self {
            policy: match_policy(options)?,
            invoke: invocation_policy(options)?,
            forward_timeout: options.flag("forward_timeout"),
            disclose_caller: options.flag("disclose_caller"),
            force: options.flag("force_reregister"),
        })
    }
}

/// `Options.invoke`; single where it is absent.
fn invocation_policy(options: &Dict) -> Result<Invoke, Refusal> {
    let Some(value) = options.get("invoke") else { return Ok(Invoke::Single) };
    let invoke = value.as_str().and_then(|name| Invoke::parse(name));
    let wrong = || Refusal::new(reason::INVALID_ARGUMENT, "the option invoke is not an invocation policy");
    invoke.ok_or_else(wrong)
}

/// One of the sessions behind a registration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee {
    pub(super) session: Id,
    pub(super) forward_timeout: bool,
    pub(super) disclose_caller: bool,
}

#[derive(Debug)]
pub(super) struct Registration {
    pub(super) procedure: ByteString,
    pub(super) policy: Match,
    pub(super) invoke: Invoke,
    pub(super) created: SystemTime,
    /// In the order of registration.
    callees: Vec<Callee>,
    /// Whose turn it is, for `roundrobin`.
    next: usize,
}

impl Registration {
    pub(super) fn new(procedure: ByteString, terms: Terms, created: SystemTime) -> Self {
        let Terms { policy, invoke, .. } = terms;
        Self { procedure, policy, invoke, created, callees: Vec::new(), next: 0 }
    }

    pub(super) fn has(&self, callee: Id) -> bool {
        self.callees.iter().any(|present| present.session == callee)
    }

    pub(super) fn add(&mut self, session: Id, terms: Terms) {
        let Terms { forward_timeout, disclose_caller, .. } = terms;
        self.callees.push(Callee { session, forward_timeout, disclose_caller });
    }

    /// Takes the callee out; the turn stays with whom it was.
    pub(super) fn remove(&mut self, callee: Id) {
        let Some(at) = self.callees.iter().position(|present| present.session == callee) else { return };
        self.callees.remove(at);
        if at < self.next {
            self.next -= 1;
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.callees.is_empty()
    }

    /// The sessions behind it, in the order of registration.
    pub(super) fn callees(&self) -> impl Iterator<Item = Id> {
        self.callees.iter().map(|callee| callee.session)
    }

    /// The callee for a call that `callee` did not take, and neither did those that were tried: as if these were not
    /// there (specification: Call Rerouting).
    pub(super) fn pick_after(&mut self, callee: Id, tried: &BTreeSet<Id>, entropy: &mut dyn Entropy) -> Option<Callee> {
        let left: Vec<usize> =
            (0..self.callees.len()).filter(|at| !tried.contains(&self.callees[*at].session)).collect();
        let at = match self.invoke {
            _ if left.is_empty() => return None,
            Invoke::Single => return None,
            Invoke::First => left[0],
            Invoke::Last => left[left.len() - 1],
            Invoke::Random => left[(entropy.next_u64() % left.len() as u64) as usize],
            Invoke::RoundRobin => {
                let former = self.callees.iter().position(|present| present.session == callee);
                let after = left.iter().copied().find(|at| former.is_none_or(|former| *at > former));
                let at = after.unwrap_or(left[0]);
                self.next = at + 1;
                at
            }
        };
        self.callees.get(at).copied()
    }

    /// The callee for the next call.
    pub(super) fn pick(&mut self, entropy: &mut dyn Entropy) -> Option<Callee> {
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
