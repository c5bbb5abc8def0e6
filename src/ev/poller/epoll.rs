//! Readiness by epoll(7), level-triggered.

use std::mem::MaybeUninit;

use rustix::event::{Timespec, epoll};
use rustix::fd::{BorrowedFd, OwnedFd, RawFd};
use rustix::io::{Errno, Result};

use super::{Events, READ, WRITE};

/// Events taken per wait; what is still ready comes first the next time.
const BATCH: usize = 64;

pub(super) struct Epoll {
    instance: OwnedFd,
}

impl Epoll {
    pub(super) fn new() -> Result<Self> {
        epoll::create(epoll::CreateFlags::CLOEXEC).map(|instance| Self { instance })
    }

    /// Changes the events watched on `fd`. `old` is only a hint: the kernel forgets descriptors that were closed, and the
    /// number may belong to another file by now.
    pub(super) fn set(&self, fd: RawFd, old: Events, new: Events) -> Result<()> {
        if fd < 0 {
            return Err(Errno::BADF);
        }
        // SAFETY: the descriptor is not kept: the kernel looks it up during the call and reports EBADF if it is not open.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        match (old, new) {
            (_, 0) => epoll::delete(&self.instance, fd),
            (0, _) => self.add(fd, new).or_else(|errno| self.instead(errno, Errno::EXIST, || self.modify(fd, new))),
            _ => self.modify(fd, new).or_else(|errno| self.instead(errno, Errno::NOENT, || self.add(fd, new))),
        }
    }

    fn instead(&self, errno: Errno, expected: Errno, other: impl FnOnce() -> Result<()>) -> Result<()> {
        if errno == expected { other() } else { Err(errno) }
    }

    fn add(&self, fd: BorrowedFd<'_>, events: Events) -> Result<()> {
        epoll::add(&self.instance, fd, data(fd), flags(events))
    }

    fn modify(&self, fd: BorrowedFd<'_>, events: Events) -> Result<()> {
        epoll::modify(&self.instance, fd, data(fd), flags(events))
    }

    pub(super) fn wait(&self, millis: Option<i32>, ready: &mut Vec<(RawFd, Events)>) -> Result<()> {
        let timeout = millis
            .map(|millis| Timespec { tv_sec: i64::from(millis / 1000), tv_nsec: i64::from(millis % 1000) * 1_000_000 });
        let mut buffer = [MaybeUninit::uninit(); BATCH];
        let (events, _) = epoll::wait(&self.instance, &mut buffer, timeout.as_ref())?;
        ready.extend(events.iter().map(|event| (event.data.u64() as RawFd, events_of(event.flags))));
        Ok(())
    }
}

fn data(fd: BorrowedFd<'_>) -> epoll::EventData {
    use std::os::fd::AsRawFd;
    epoll::EventData::new_u64(fd.as_raw_fd() as u64)
}

fn flags(events: Events) -> epoll::EventFlags {
    let mut flags = epoll::EventFlags::empty();
    flags.set(epoll::EventFlags::IN, events & READ != 0);
    flags.set(epoll::EventFlags::OUT, events & WRITE != 0);
    flags
}

/// An error or hang-up makes both directions ready: the next read or write tells which it was.
fn events_of(flags: epoll::EventFlags) -> Events {
    let broken = flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP);
    let read = broken || flags.contains(epoll::EventFlags::IN);
    let write = broken || flags.contains(epoll::EventFlags::OUT);
    Events::from(read) * READ + Events::from(write) * WRITE
}
