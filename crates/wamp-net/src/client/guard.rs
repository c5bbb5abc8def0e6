//! The guard: one background thread per process that looks after the clients while their programs do not.
//!
//! It watches each client's socket once: when something comes, it waits a moment, sees whether the program has come by
//! meanwhile, and if not, drives the connection in its place and watches once more. While the program comes by, it only
//! looks from time to time. It also keeps the clients' deadlines. A connection on which nothing happens wakes nobody.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};
use wamp_proto::Instant;

use super::presence::Presence;
use super::shared::{Shared, Then};
use super::wakeup::Interest;
use crate::clock;
use crate::process::{self, PerProcess};

/// How long the program may take to look after a socket that is ready.
pub(super) const PATIENCE: Duration = Duration::from_millis(10);

static GUARD: PerProcess<Guard> = PerProcess::new();

pub(crate) struct Guard {
    poller: Poller,
    board: Mutex<Board>,
    running: AtomicBool,
}

#[derive(Default)]
struct Board {
    last_key: usize,
    clients: HashMap<usize, Weak<Shared>>,
    plans: BTreeSet<(Instant, usize, Plan)>,
    /// Until when the thread sleeps if nothing happens; `None` for ever.
    sleeps_until: Option<Instant>,
}

/// What to do with a client at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    /// See whether the program has come by since this visit.
    Look(u64),
    /// Keep its deadline.
    Time,
}

impl Guard {
    /// The guard of this process, at work.
    fn at_work() -> io::Result<&'static Self> {
        let guard = GUARD.get_or_try_init(|| {
            let poller = Poller::new()?;
            Ok::<_, io::Error>(Self { poller, board: Mutex::default(), running: AtomicBool::new(false) })
        })?;
        guard.start()?;
        Ok(guard)
    }

    fn start(&'static self) -> io::Result<()> {
        if self.running.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let thread = std::thread::Builder::new().name("loowy-guard".into());
        let started = process::without_signals(|| thread.spawn(|| self.run()));
        if started.is_err() {
            self.running.store(false, Ordering::Release);
        }
        started.map(drop)
    }

    /// All clients of this process that have connected at some time.
    pub(crate) fn clients() -> Vec<Arc<Shared>> {
        let Some(guard) = GUARD.get() else { return Vec::new() };
        guard.board().clients.values().filter_map(Weak::upgrade).collect()
    }

    /// Nothing is called while the board is locked, so it is never found half changed.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut events = Events::new();
        loop {
            let patience = self.plan_sleep();
            events.clear();
            // The poller's own descriptors are gone, the host has closed them: there is nothing to guard with.
            if self.poller.wait(&mut events, patience).is_err() {
                self.running.store(false, Ordering::Release);
                return;
            }
            self.wake();
            for event in events.iter() {
                self.ready(event.key, event.writable);
            }
            self.keep_plans();
        }
    }

    fn plan_sleep(&self) -> Option<Duration> {
        let mut board = self.board();
        board.sleeps_until = board.plans.first().map(|plan| plan.0);
        board.sleeps_until.map(|until| until.saturating_sub(clock::now()))
    }

    /// Nobody has to wake the thread for what is planned from now on.
    fn wake(&self) {
        self.board().sleeps_until = Some(Instant::ZERO);
    }

    fn ready(&self, key: usize, for_writing: bool) {
        let client = self.board().clients.get(&key).and_then(Weak::upgrade);
        let Some(client) = client else { return };
        let then = client.ready(for_writing);
        self.follow(key, &client, then);
    }

    fn keep_plans(&self) {
        while let Some((key, client, plan)) = self.next_due(clock::now()) {
            match (client, plan) {
                (Some(client), Plan::Look(seen)) => self.follow(key, &client, client.look(seen)),
                (Some(client), Plan::Time) => client.time(),
                (None, _) => {}
            }
        }
    }

    fn follow(&self, key: usize, client: &Shared, then: Then) {
        if then == Then::PlanLook {
            self.plan(clock::now() + PATIENCE, key, Plan::Look(client.presence.visits()));
        }
    }

    fn next_due(&self, now: Instant) -> Option<(usize, Option<Arc<Shared>>, Plan)> {
        let mut board = self.board();
        let &(at, key, plan) = board.plans.first()?;
        if at > now {
            return None;
        }
        board.plans.pop_first();
        Some((key, board.clients.get(&key).and_then(Weak::upgrade), plan))
    }

    fn plan(&self, at: Instant, key: usize, plan: Plan) {
        let mut board = self.board();
        board.plans.insert((at, key, plan));
        if board.sleeps_until.is_none_or(|until| at < until) {
            board.sleeps_until = Some(at);
            drop(board);
            // It fails when the poller is gone, and the thread with it.
            let _ = self.poller.notify();
        }
    }
}

/// A client's place at the guard.
pub(crate) struct Seat {
    guard: &'static Guard,
    key: usize,
    presence: Arc<Presence>,
    /// When the guard is going to keep time.
    planned: Option<Instant>,
}

impl Seat {
    /// # Errors
    /// When the system gives no thread or no descriptor for the guard.
    pub(crate) fn take(client: Weak<Shared>, presence: Arc<Presence>) -> io::Result<Self> {
        let guard = Guard::at_work()?;
        super::exit::flush_at_exit();
        let mut board = guard.board();
        board.last_key += 1;
        let key = board.last_key;
        board.clients.insert(key, client);
        Ok(Self { guard, key, presence, planned: None })
    }

    /// Gives the place up.
    pub(crate) fn leave(self) {
        let mut board = self.guard.board();
        board.clients.remove(&self.key);
        // A look that is planned will find nobody.
        if let Some(at) = self.planned {
            board.plans.remove(&(at, self.key, Plan::Time));
        }
        self.presence.look();
    }

    /// Watches a socket until it is ready once.
    pub(crate) fn watch(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: `unwatch` is called before the socket is closed.
        unsafe { self.guard.poller.add_with_mode(socket.as_raw_fd(), Event::readable(self.key), PollMode::Oneshot) }
    }

    /// Watches it once more. Without any interest it is left alone: an error would be reported all the same, and
    /// again and again.
    pub(crate) fn arm(&self, socket: BorrowedFd<'_>, interest: Interest) {
        if interest.read || interest.write {
            // What cannot be watched any more is about to be dropped.
            let _ = self.guard.poller.modify(socket, Event::new(self.key, interest.read, interest.write));
        }
    }

    pub(crate) fn unwatch(&self, socket: BorrowedFd<'_>) {
        // A socket that is not watched is what was wanted.
        let _ = self.guard.poller.delete(socket);
    }

    /// Lets the guard look in a moment, if it does not do so anyway.
    pub(crate) fn plan_look(&self) {
        if self.presence.claim_look() {
            self.guard.plan(clock::now() + PATIENCE, self.key, Plan::Look(self.presence.visits()));
        }
    }

    /// Lets the guard keep the client's time then, or no more; it may do so earlier, for nothing.
    pub(crate) fn plan_time(&mut self, at: Option<Instant>) {
        if self.planned == at {
            return;
        }
        if let Some(other) = std::mem::replace(&mut self.planned, at) {
            self.guard.board().plans.remove(&(other, self.key, Plan::Time));
        }
        if let Some(at) = at {
            self.guard.plan(at, self.key, Plan::Time);
        }
    }

    /// The guard is keeping time.
    pub(crate) fn time_came(&mut self) {
        self.planned = None;
    }
}
