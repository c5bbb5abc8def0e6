//! With epoll and eventfd: two system calls per signal, none per turn of the loop without one.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};

use super::Interest;
use super::heirs::Place;

/// See the module.
#[derive(Debug)]
pub(crate) struct Wakeup {
    epoll: OwnedFd,
    event: OwnedFd,
    place: &'static Place,
    signaled: bool,
    interest: Interest,
}

impl Wakeup {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &event, EventData::new_u64(0), EventFlags::IN)?;
        let place = Place::take(epoll.as_raw_fd());
        Ok(Self { epoll, event, place, signaled: false, interest: Interest::READ })
    }

    /// In a forked child, what has taken the place of a descriptor of its parent under that number.
    pub(crate) fn inherit(number: RawFd) -> io::Result<Self> {
        let Some((place, event)) = Place::inherited(number) else {
            let mut wakeup = Self::new()?;
            wakeup.publish_as(number)?;
            return Ok(wakeup);
        };
        // SAFETY: the parent's client, which owned it, is never dropped in this process.
        let epoll = unsafe { OwnedFd::from_raw_fd(number) };
        Ok(Self { epoll, event, place, signaled: true, interest: Interest::READ })
    }

    /// The number that loops know the descriptor by.
    pub(crate) fn number(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Takes the place of a descriptor that loops know already.
    pub(super) fn publish_as(&mut self, number: RawFd) -> io::Result<()> {
        // SAFETY: the caller hands over that number for good; what was open under it is closed by `dup3`.
        let mut place = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(number) });
        rustix::io::dup3(&self.epoll, &mut place, rustix::io::DupFlags::CLOEXEC)?;
        self.place.leave();
        self.place = Place::take(number);
        self.epoll = ManuallyDrop::into_inner(place);
        Ok(())
    }

    /// Sets or clears the signal.
    pub(crate) fn signal(&mut self, on: bool) {
        if self.signaled == on {
            return;
        }
        self.signaled = on;
        // Neither can fail: the counter is 0 or 1.
        if on {
            let _ = rustix::io::write(&self.event, &1_u64.to_ne_bytes());
        } else {
            let _ = rustix::io::read(&self.event, &mut [0_u8; 8]);
        }
    }

    pub(crate) fn watch(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        self.interest = Interest::READ;
        epoll::add(&self.epoll, socket, EventData::new_u64(1), flags(Interest::READ))?;
        self.place.watch(socket.as_raw_fd());
        Ok(())
    }

    /// What about the socket makes the descriptor readable.
    pub(crate) fn want(&mut self, socket: BorrowedFd<'_>, interest: Interest) -> io::Result<()> {
        if self.interest != interest {
            epoll::modify(&self.epoll, socket, EventData::new_u64(1), flags(interest))?;
            self.interest = interest;
        }
        Ok(())
    }

    pub(crate) fn unwatch(&mut self, socket: BorrowedFd<'_>) {
        self.place.unwatch();
        // A socket that is not watched is what was wanted.
        let _ = epoll::delete(&self.epoll, socket);
    }
}

impl Drop for Wakeup {
    fn drop(&mut self) {
        self.place.leave();
    }
}

impl AsFd for Wakeup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

fn flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.read);
    flags.set(EventFlags::OUT, interest.write);
    flags
}
