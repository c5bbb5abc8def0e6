//! What a session wants published when it ends (specification: Testament).

use super::footprint;
use super::refusal::Refusal;
use crate::message::Publish;
use crate::reason;

/// When a testament is published. A session that loses its transport is gone here, so that both come together: first
/// those for the one, then those for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Detached,
    Destroyed,
}

impl Scope {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "detached" => Some(Self::Detached),
            "destroyed" => Some(Self::Destroyed),
            _ => None,
        }
    }
}

/// The testaments of one session, each as the PUBLISH that it would have sent.
#[derive(Debug, Default)]
pub(super) struct Testaments {
    added: Vec<(Scope, Publish)>,
}

impl Testaments {
    /// # Errors
    /// `wamp.error.not_authorized` when there were more than `count` of them, or more than that many bytes.
    pub(super) fn add(&mut self, scope: Scope, testament: Publish, count: usize, bytes: usize) -> Result<(), Refusal> {
        if self.added.len() >= count {
            return Err(Refusal::new(reason::NOT_AUTHORIZED, format!("no more than {count} testaments per session")));
        }
        if self.added.iter().map(|(_, added)| size(added)).sum::<usize>() + size(&testament) > bytes {
            let text = format!("the testaments of a session take no more than {bytes} bytes");
            return Err(Refusal::new(reason::NOT_AUTHORIZED, text));
        }
        self.added.push((scope, testament));
        Ok(())
    }

    pub(super) fn flush(&mut self, scope: Scope) {
        self.added.retain(|(of, _)| *of != scope);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty()
    }

    /// All of them, in the order in which they are published.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Publish> {
        let of = |wanted: Scope| self.added.iter().filter(move |(scope, _)| *scope == wanted);
        of(Scope::Detached).chain(of(Scope::Destroyed)).map(|(_, testament)| testament)
    }
}

fn size(testament: &Publish) -> usize {
    testament.topic.len() + testament.payload.len() + footprint::decoded(&testament.options)
}
