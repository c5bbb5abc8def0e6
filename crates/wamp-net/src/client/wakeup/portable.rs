//! The same for other systems: a poller (kqueue), whose notification is the signal.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};

use super::Interest;

const SOCKET: usize = 1;

/// See the module.
#[derive(Debug)]
pub(crate) struct Wakeup {
    poller: Poller,
    /// What loops know the descriptor by, where that is not the poller's own.
    alias: Option<OwnedFd>,
    signaled: bool,
    interest: Interest,
}

impl Wakeup {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { poller: Poller::new()?, alias: None, signaled: false, interest: Interest::READ })
    }

    /// In a forked child, a descriptor in place of its parent's under that number.
    #[cfg_attr(test, allow(dead_code, reason = "beside the native one only its tests are built"))]
    pub(crate) fn inherit(number: RawFd) -> io::Result<Self> {
        let mut wakeup = Self::new()?;
        wakeup.publish_as(number)?;
        Ok(wakeup)
    }

    /// The number that loops know the descriptor by.
    pub(crate) fn number(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }

    /// Takes the place of a descriptor that loops know already.
    pub(super) fn publish_as(&mut self, number: RawFd) -> io::Result<()> {
        // SAFETY: the caller hands over that number for good; what was open under it is closed by `dup2`.
        let mut place = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(number) });
        rustix::io::dup2(&self.poller, &mut place)?;
        rustix::io::fcntl_setfd(&*place, rustix::io::FdFlags::CLOEXEC)?;
        self.alias = Some(ManuallyDrop::into_inner(place));
        Ok(())
    }

    /// Sets or clears the signal.
    pub(crate) fn signal(&mut self, on: bool) {
        if self.signaled == on {
            return;
        }
        self.signaled = on;
        // Neither has anybody to report to; what fails here fails at the next use of the descriptor.
        if on {
            let _ = self.poller.notify();
        } else {
            let _ = self.poller.wait(&mut Events::new(), Some(Duration::ZERO));
        }
    }

    pub(crate) fn watch(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        self.interest = Interest::READ;
        // SAFETY: `unwatch` is called before the socket is closed.
        unsafe { self.poller.add_with_mode(socket.as_raw_fd(), Event::readable(SOCKET), PollMode::Level) }
    }

    /// What about the socket makes the descriptor readable.
    pub(crate) fn want(&mut self, socket: BorrowedFd<'_>, interest: Interest) -> io::Result<()> {
        if self.interest != interest {
            let event = Event::new(SOCKET, interest.read, interest.write);
            self.poller.modify_with_mode(socket, event, PollMode::Level)?;
            self.interest = interest;
        }
        Ok(())
    }

    pub(crate) fn unwatch(&mut self, socket: BorrowedFd<'_>) {
        // A socket that is not watched is what was wanted.
        let _ = self.poller.delete(socket);
    }
}

impl AsFd for Wakeup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.alias.as_ref().map_or_else(|| self.poller.as_fd(), AsFd::as_fd)
    }
}
