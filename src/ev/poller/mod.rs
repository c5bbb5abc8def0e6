//! Which descriptors are ready, and how long to sleep until one is.

#[cfg(target_os = "linux")]
mod epoll;
mod poll;

use std::cell::RefCell;
use std::ffi::c_int;

use rustix::fd::RawFd;
use rustix::io::Errno;

use super::clock;
use super::result::Outcome;
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Kind, Stack};

const METHODS: Functions = functions! {
    "set" => set,
    "wait" => wait,
    "event" => event,
};

/// A set of events of one descriptor: `READ`, `WRITE` or their sum.
type Events = u8;
const READ: Events = 1;
const WRITE: Events = 2;

/// The bits by which libev names its backends.
const BACKEND_POLL: u32 = 2;
#[cfg(target_os = "linux")]
const BACKEND_EPOLL: u32 = 4;

/// The longest single sleep, in milliseconds; a later deadline takes several.
const LONGEST_SLEEP: f64 = 1e9;

enum Backend {
    #[cfg(target_os = "linux")]
    Epoll(epoll::Epoll),
    Poll(poll::PollSet),
}

impl Backend {
    fn new(bit: u32) -> rustix::io::Result<Self> {
        match bit {
            #[cfg(target_os = "linux")]
            BACKEND_EPOLL => epoll::Epoll::new().map(Self::Epoll),
            BACKEND_POLL => Ok(Self::Poll(poll::PollSet::default())),
            _ => Err(Errno::INVAL),
        }
    }

    fn set(&mut self, fd: RawFd, old: Events, new: Events) -> rustix::io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.set(fd, old, new),
            Self::Poll(set) => set.set(fd, old, new),
        }
    }

    fn wait(&mut self, millis: Option<i32>, ready: &mut Vec<(RawFd, Events)>) -> rustix::io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Epoll(epoll) => epoll.wait(millis, ready),
            Self::Poll(set) => set.wait(millis, ready),
        }
    }
}

/// A backend and what its last wait found.
struct Poller {
    backend: Backend,
    /// Which process it belongs to: a forked child shares it with its parent and must leave it alone.
    generation: u32,
    ready: Vec<(RawFd, Events)>,
}

impl Poller {
    /// Sleeps until `deadline` (in seconds of the monotonic clock, `None`: for ever) or until a descriptor is ready.
    /// A signal ends the sleep with nothing ready.
    fn wait(&mut self, deadline: Option<f64>) -> rustix::io::Result<()> {
        self.ready.clear();
        self.check()?;
        match self.backend.wait(deadline.map(millis_until), &mut self.ready) {
            Err(Errno::INTR) => Ok(()),
            other => other,
        }
    }

    fn set(&mut self, fd: RawFd, old: Events, new: Events) -> rustix::io::Result<()> {
        self.check()?;
        self.backend.set(fd, old, new)
    }

    /// `CHILD`, which no poller says, is this one's word for a process that did not make it.
    fn check(&self) -> rustix::io::Result<()> {
        if self.generation == wamp_net::generation() { Ok(()) } else { Err(Errno::CHILD) }
    }

    /// The `i`-th event of the last wait, counted from 1.
    fn event(&self, i: usize) -> Option<(RawFd, Events)> {
        self.ready.get(i.wrapping_sub(1)).copied()
    }
}

/// Rounded up: to wake early would be to spin for the rest of the millisecond.
fn millis_until(deadline: f64) -> i32 {
    if deadline <= 0.0 {
        return 0;
    }
    ((deadline - clock::monotonic()) * 1e3).ceil().clamp(0.0, LONGEST_SLEEP) as i32
}

/// Pushes the table of backends: bit -> true. Raises when memory runs out.
pub(super) fn push_backends(stack: Stack) {
    stack.push_table(0, 2);
    stack.push_boolean(true);
    stack.set_element(-2, BACKEND_POLL.into());
    #[cfg(target_os = "linux")]
    {
        stack.push_boolean(true);
        stack.set_element(-2, BACKEND_EPOLL.into());
    }
}

/// Raises when memory runs out.
pub(super) fn set_class(stack: Stack, shared: c_int) {
    handle::set_class::<RefCell<Poller>>(stack, shared, Class::Poller, METHODS);
}

/// `poller(backend) -> poller | nil, message, code`.
///
/// - `poller:set(fd, old, new) -> true | nil, message, code` changes the events watched on `fd`, 0 for none. `EPERM`: a
///   kind of file that is always ready.
/// - `poller:wait(deadline|nil) -> now, count, fd, events | nil, message, code` sleeps; fd and events are those of the
///   first ready descriptor.
///   `ECHILD`, from both: the process was forked since; a new poller is needed.
/// - `poller:event(i) -> fd, events` is the i-th of the last wait, `i <= count`.
pub(super) fn create(call: Call) -> Result<Outcome<NewPoller>, Misuse> {
    let backend = u32::try_from(call.int(1, "the backend")?).map_or(Err(Errno::INVAL), Backend::new);
    let poller = |backend| Poller { backend, generation: wamp_net::generation(), ready: Vec::new() };
    Ok(backend.map(|backend| NewPoller(Some(poller(backend)))).map_err(Into::into))
}

pub(super) struct NewPoller(Option<Poller>);

impl Answer for NewPoller {
    fn push(&mut self, call: Call) -> c_int {
        call.push_object(Class::Poller, || self.0.take().map(RefCell::new));
        1
    }
}

fn set(call: Call) -> Result<Outcome<True>, Misuse> {
    let (fd, old, new) = (call.int(2, "the descriptor")?, events(call, 3)?, events(call, 4)?);
    let set = call.object::<RefCell<Poller>>()?.borrow_mut().set(fd, old, new);
    Ok(set.map(|()| True).map_err(Into::into))
}

fn events(call: Call, index: c_int) -> Result<Events, Misuse> {
    let events = Events::try_from(call.int(index, "the events")?);
    events.map_err(|_| call.wrong(index, "the events", "a set of events"))
}

fn wait(call: Call) -> Result<Outcome<Woken>, Misuse> {
    let deadline = match call.stack.kind(2) {
        Kind::Nil => None,
        Kind::Number => Some(call.stack.number(2)),
        _ => return Err(call.wrong(2, "the deadline", "a number")),
    };
    let mut poller = call.object::<RefCell<Poller>>()?.borrow_mut();
    let woken = poller.wait(deadline);
    Ok(woken.map(|()| Woken { count: poller.ready.len() as u64, first: poller.event(1) }).map_err(Into::into))
}

struct Woken {
    count: u64,
    first: Option<(RawFd, Events)>,
}

impl Answer for Woken {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_number(clock::monotonic());
        self.count.push(call);
        2 + Event(self.first).push(call)
    }
}

fn event(call: Call) -> Result<Event, Misuse> {
    let at = usize::try_from(call.id(2, "the number")?).unwrap_or(0);
    Ok(Event(call.object::<RefCell<Poller>>()?.borrow().event(at)))
}

struct Event(Option<(RawFd, Events)>);

impl Answer for Event {
    fn push(&mut self, call: Call) -> c_int {
        let Some((fd, events)) = self.0 else { return 0 };
        call.stack.push_integer(fd.into());
        call.stack.push_integer(events.into());
        2
    }
}
