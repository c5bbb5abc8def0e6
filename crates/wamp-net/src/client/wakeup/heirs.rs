//! Descriptors for forked children.
//!
//! A child inherits the epoll instances of its parent's clients: what it changes in them it changes for its parent. So
//! it gets new ones, at once and under the same numbers, before any loop can watch the old ones. They are readable, for
//! each client has to tell that its connection stayed with the parent.
//!
//! For the same reason its copies of their sockets are closed: a parent that is killed would not be gone for the router as
//! long as a child lives. Their numbers stay taken until the child's client gives them up.
//!
//! All of this happens between `fork` and its return in the child, where nothing but atomics and system calls is allowed.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize, Ordering};

const NONE: RawFd = -1;

/// One client's descriptor. Places are used again and never freed.
#[derive(Debug)]
pub(super) struct Place {
    number: AtomicI32,
    /// In a child, the signal inside of the new descriptor, until the client fetches it.
    event: AtomicI32,
    /// The socket that is watched.
    socket: AtomicI32,
    next: Option<&'static Place>,
}

static PLACES: AtomicPtr<Place> = AtomicPtr::new(ptr::null_mut());

/// How many places are free, so that nobody looks for one among thousands in vain. For a moment it may be wrong, which
/// costs a look or a place.
static FREE: AtomicUsize = AtomicUsize::new(0);

fn first() -> Option<&'static Place> {
    // SAFETY: null, or a leaked box.
    unsafe { PLACES.load(Ordering::Acquire).as_ref() }
}

fn places() -> impl Iterator<Item = &'static Place> {
    std::iter::successors(first(), |place| place.next)
}

impl Place {
    /// A place for that descriptor.
    pub(super) fn take(number: RawFd) -> &'static Self {
        let free =
            |place: &&Self| place.number.compare_exchange(NONE, number, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let found = if FREE.load(Ordering::Relaxed) == 0 { None } else { places().find(free) };
        if found.is_some() {
            FREE.fetch_sub(1, Ordering::Relaxed);
        }
        found.unwrap_or_else(|| Self::add(number))
    }

    fn add(number: RawFd) -> &'static Self {
        loop {
            let next = first();
            let (event, socket) = (AtomicI32::new(NONE), AtomicI32::new(NONE));
            let place = Box::new(Self { number: AtomicI32::new(number), event, socket, next });
            let place = Box::into_raw(place);
            let seen = next.map_or(ptr::null_mut(), |next| ptr::from_ref(next).cast_mut());
            match PLACES.compare_exchange(seen, place, Ordering::AcqRel, Ordering::Relaxed) {
                // SAFETY: leaked for good.
                Ok(_) => return unsafe { &*place },
                // SAFETY: nobody has seen it.
                Err(_) => drop(unsafe { Box::from_raw(place) }),
            }
        }
    }

    /// The client's connection has that socket.
    pub(super) fn watch(&self, socket: RawFd) {
        self.socket.store(socket, Ordering::Release);
    }

    /// To be called before the socket is closed.
    pub(super) fn unwatch(&self) {
        self.socket.store(NONE, Ordering::Release);
    }

    /// To be called before the descriptor is closed.
    pub(super) fn leave(&self) {
        self.unwatch();
        if self.number.swap(NONE, Ordering::Release) != NONE {
            FREE.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The place of an inherited descriptor with the signal that is in it, once.
    pub(super) fn inherited(number: RawFd) -> Option<(&'static Self, OwnedFd)> {
        let place = places().find(|place| place.number.load(Ordering::Acquire) == number)?;
        let event = place.event.swap(NONE, Ordering::AcqRel);
        // SAFETY: made in this process by `renew`, and taken only once.
        (event != NONE).then(|| (place, unsafe { OwnedFd::from_raw_fd(event) }))
    }
}

/// Gives this process, a child that has just been forked off, descriptors of its own. Where the system has no more of
/// them, the old one stays.
pub(crate) fn replace_all() {
    for place in places() {
        let number = place.number.load(Ordering::Acquire);
        if number != NONE {
            // SAFETY: the number is that of a client, which owns it.
            unsafe { replace(place, number) };
        }
    }
}

unsafe fn replace(place: &Place, number: RawFd) {
    // SAFETY: system calls; the caller owns `number`, its client the socket, and nobody has fetched the event of an
    // earlier fork.
    unsafe {
        let unfetched = place.event.swap(renew(number), Ordering::AcqRel);
        if unfetched != NONE {
            libc::close(unfetched);
        }
        let socket = place.socket.swap(NONE, Ordering::AcqRel);
        if socket != NONE {
            libc::dup3(number, socket, libc::O_CLOEXEC);
        }
    }
}

/// Puts a new epoll instance under that number; returns the signal in it, which is set.
unsafe fn renew(number: RawFd) -> RawFd {
    // SAFETY: system calls, on descriptors made here; the caller owns `number`.
    unsafe {
        let event = libc::eventfd(1, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
        let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        let mut interest = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
        let done = libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, event, &raw mut interest) == 0
            && libc::dup3(epoll, number, libc::O_CLOEXEC) == number;
        libc::close(epoll);
        if done {
            return event;
        }
        libc::close(event);
        NONE
    }
}
