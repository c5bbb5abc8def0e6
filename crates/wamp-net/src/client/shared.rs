//! A client as its threads share it: the link behind its lock, and what is looked at without the lock.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};

use wamp_proto::client::{Settings, State};

use super::connector::{self, Target};
use super::link::Link;
use super::options::NetOptions;
use super::presence::Presence;
use crate::{clock, process};

/// See the module.
pub(crate) struct Shared {
    link: Mutex<Link>,
    pub(crate) presence: Arc<Presence>,
    /// Which process it belongs to, see [`process::generation`].
    pub(crate) generation: u32,
    /// The descriptor's number, for a forked child, which cannot rely on the lock; -1 before there is one.
    number: AtomicI32,
    /// Likewise, whether the client was in a life when the lock was last left.
    alive: AtomicBool,
}

impl Shared {
    pub(crate) fn new(settings: Arc<Settings>, options: Arc<NetOptions>) -> Arc<Self> {
        let presence = Arc::new(Presence::default());
        Arc::new_cyclic(|me| Self {
            link: Mutex::new(Link::new(settings, options, me.clone(), presence.clone())),
            presence,
            generation: process::generation(),
            number: AtomicI32::new(-1),
            alive: AtomicBool::new(false),
        })
    }

    /// No panic can leave a link half changed in a way that matters more than the panic, so poison is ignored.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The link, if nobody holds it.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, Link>> {
        match self.link.try_lock() {
            Ok(link) => Some(link),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// A visit: works on the link, then lets it do all that follows.
    pub(crate) fn visit<R>(&self, work: impl FnOnce(&mut Link) -> R) -> R {
        let mut link = self.lock();
        let result = work(&mut link);
        self.leave(&mut link);
        result
    }

    fn leave(&self, link: &mut Link) {
        link.settle();
        self.alive.store(link.machine.state() != State::Idle, Ordering::Relaxed);
    }

    /// A visit of the guard, which watches the socket again afterwards.
    fn visit_as_guard(&self, work: impl FnOnce(&mut Link)) {
        let mut link = self.lock();
        work(&mut link);
        self.leave(&mut link);
        link.rearm();
    }

    /// The descriptor's number, made on demand.
    pub(crate) fn number(&self) -> std::io::Result<RawFd> {
        let known = self.known_number();
        if let Some(number) = known {
            return Ok(number);
        }
        let number = self.visit(|link| link.wakeup().map(|wakeup| wakeup.number()))?;
        self.number.store(number, Ordering::Relaxed);
        Ok(number)
    }

    /// The descriptor's number, if somebody asked for it.
    pub(crate) fn known_number(&self) -> Option<RawFd> {
        Some(self.number.load(Ordering::Relaxed)).filter(|number| *number >= 0)
    }

    /// Whether the client was in a life when it was last visited.
    pub(crate) fn was_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    /// One attempt to connect, and what follows from it.
    pub(crate) async fn connect(shared: Weak<Self>, attempt: u64, target: Target) {
        let result = connector::open(&target).await;
        if let Some(shared) = shared.upgrade() {
            shared.visit(|link| link.opened(attempt, result, clock::now()));
        }
    }

    // ---- what the guard does

    /// The socket is ready: the program will see to it, unless it is away. Then what is left to write leaves at once,
    /// and what has come is read in a moment, with what comes until then.
    pub(crate) fn ready(&self, for_writing: bool) -> Then {
        if for_writing && self.presence.is_away() {
            self.drive();
            return Then::Nothing;
        }
        self.presence.plan_look()
    }

    /// Some time after the socket was ready, or something was left to write, at the visit that `seen` counts.
    pub(crate) fn look(&self, seen: u64) -> Then {
        self.presence.look();
        if self.presence.visits() == seen {
            self.drive();
            return Then::Nothing;
        }
        // Whoever is at work on the link now leaves it in order.
        if let Some(mut link) = self.try_lock() {
            link.uncork(clock::now());
            self.leave(&mut link);
        }
        self.presence.plan_look()
    }

    /// A deadline has come.
    pub(crate) fn time(&self) {
        self.visit(|link| {
            link.time_came();
            link.keep_time(clock::now());
        });
    }

    fn drive(&self) {
        self.visit_as_guard(|link| {
            if link.drive(clock::now()) {
                self.presence.took_over();
            }
        });
    }
}

/// What the guard has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    PlanLook,
    Nothing,
}

impl Presence {
    fn plan_look(&self) -> Then {
        if self.claim_look() { Then::PlanLook } else { Then::Nothing }
    }
}

impl Shared {
    /// What a forked child has instead of its parent's client.
    pub(crate) fn inherit(parents: &Self, settings: Arc<Settings>, options: Arc<NetOptions>) -> Arc<Self> {
        let own = Self::new(settings, options);
        if let Some(mut link) = parents.try_lock() {
            link.abandon();
        }
        let published = parents.known_number().map(|number| (number, own.lock().inherit(number)));
        if let Some((number, Ok(()))) = published {
            own.number.store(number, Ordering::Relaxed);
        }
        if parents.was_alive() {
            own.visit(|link| link.report_end(clock::now()));
        }
        own
    }
}
