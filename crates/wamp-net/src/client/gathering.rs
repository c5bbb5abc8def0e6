//! What a program says through any of its clients, in a turn of one of them.
//!
//! A callback of one client often speaks through another. While a turn is open in a thread, what is said there through
//! any client is gathered, as it is for the client whose turn it is, and leaves when a turn ends. A program that waits
//! within a turn begins another turn there, with which everything leaves as well.
//!
//! A turn may never end in its thread: its client is dropped, is used in another thread from then on, or stays in the
//! parent at a fork. So each turn has a number, which the client knows while it is open.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::presence::Presence;
use super::shared::Shared;
use crate::process;

thread_local! {
    static HERE: RefCell<Thread> = const { RefCell::new(Thread::new()) };
}

static LAST: AtomicU64 = AtomicU64::new(0);

/// The turns of one thread.
struct Thread {
    /// The process that it is of.
    generation: u32,
    /// The innermost last.
    open: Vec<(Arc<Presence>, u64)>,
    /// The clients that have something to say when the turn ends.
    gathered: Vec<Weak<Shared>>,
}

impl Thread {
    const fn new() -> Self {
        Self { generation: 0, open: Vec::new(), gathered: Vec::new() }
    }

    /// The innermost turn that is still open.
    fn turn(&mut self) -> Option<u64> {
        if self.open.is_empty() && self.gathered.is_empty() {
            return None;
        }
        if self.generation != process::generation() {
            // A forked child leaves everything of its parent's clients alone.
            std::mem::forget(std::mem::replace(self, Self::new()));
        }
        while self.open.pop_if(|(presence, number)| presence.turn() != *number).is_some() {}
        self.open.last().map(|&(_, number)| number)
    }
}

/// Works on this thread's turns; nothing when the thread is ending.
fn here<R>(work: impl FnOnce(&mut Thread) -> R) -> Option<R> {
    HERE.try_with(|thread| work(&mut thread.borrow_mut())).ok()
}

/// A turn of that client begins in this thread.
pub(super) fn begin(presence: &Arc<Presence>) {
    release();
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    presence.set_turn(number);
    here(|thread| {
        thread.open.retain(|(other, _)| !Arc::ptr_eq(other, presence));
        if thread.turn().is_none() {
            thread.generation = process::generation();
        }
        thread.open.push((presence.clone(), number));
    });
}

/// The turn of that client is over, whether it began in this thread or not.
pub(super) fn end(presence: &Presence) {
    presence.set_turn(0);
    release();
}

/// The turn in which what is said is gathered.
pub(super) fn turn() -> Option<u64> {
    here(Thread::turn).flatten()
}

/// Notes that this client has something to say when the turn ends.
pub(super) fn add(client: Weak<Shared>) {
    here(|thread| thread.gathered.push(client));
}

/// Lets everything leave that was gathered in this thread.
pub(super) fn release() {
    let Some(mut gathered) = here(|thread| {
        thread.turn();
        std::mem::take(&mut thread.gathered)
    }) else {
        return;
    };
    for client in gathered.drain(..) {
        if let Some(client) = client.upgrade() {
            client.visit(super::link::Link::release);
        }
    }
    here(|thread| thread.gathered = gathered);
}
