//! Readiness by poll(2): where there is no epoll, and for those who ask for it.

use std::collections::BTreeMap;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsRawFd, BorrowedFd, RawFd};
use rustix::io::{Errno, Result, fcntl_getfd};

use super::{Events, READ, WRITE};

#[derive(Default)]
pub(super) struct PollSet {
    interests: BTreeMap<RawFd, Events>,
}

impl PollSet {
    /// Changes the events watched on `fd`.
    pub(super) fn set(&mut self, fd: RawFd, _old: Events, new: Events) -> Result<()> {
        if new == 0 {
            return self.interests.remove(&fd).map(|_| ()).ok_or(Errno::NOENT);
        }
        if fd < 0 {
            return Err(Errno::BADF);
        }
        // SAFETY: the descriptor is not kept: the kernel looks it up during the call and reports EBADF if it is not open.
        fcntl_getfd(unsafe { BorrowedFd::borrow_raw(fd) })?;
        self.interests.insert(fd, new);
        Ok(())
    }

    pub(super) fn wait(&mut self, millis: Option<i32>, ready: &mut Vec<(RawFd, Events)>) -> Result<()> {
        let timeout = millis
            .map(|millis| Timespec { tv_sec: (millis / 1000).into(), tv_nsec: (millis % 1000 * 1_000_000).into() });
        let mut fds: Vec<_> = self.interests.iter().map(|(&fd, &events)| poll_fd(fd, events)).collect();
        rustix::event::poll(&mut fds, timeout.as_ref())?;
        let mut closed = Vec::new();
        for polled in &fds {
            let fd = polled.as_fd_number();
            match (polled.revents(), events_of(polled.revents())) {
                (flags, _) if flags.contains(PollFlags::NVAL) => closed.push(fd),
                (_, 0) => {}
                (_, events) => ready.push((fd, events)),
            }
        }
        drop(fds);
        // As epoll does: a closed descriptor is forgotten in silence.
        self.interests.retain(|fd, _| !closed.contains(fd));
        Ok(())
    }
}

trait Number {
    fn as_fd_number(&self) -> RawFd;
}

impl Number for PollFd<'_> {
    fn as_fd_number(&self) -> RawFd {
        use rustix::fd::AsFd;
        self.as_fd().as_raw_fd()
    }
}

fn poll_fd<'a>(fd: RawFd, events: Events) -> PollFd<'a> {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, events & READ != 0);
    flags.set(PollFlags::OUT, events & WRITE != 0);
    // SAFETY: poll(2) looks the descriptor up during the call and reports POLLNVAL if it was closed meanwhile.
    PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(fd) }, flags)
}

fn events_of(flags: PollFlags) -> Events {
    let broken = flags.intersects(PollFlags::ERR | PollFlags::HUP);
    let read = broken || flags.contains(PollFlags::IN);
    let write = broken || flags.contains(PollFlags::OUT);
    Events::from(read) * READ + Events::from(write) * WRITE
}
