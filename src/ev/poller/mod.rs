//! Which descriptors are ready, and how long to sleep until one is.

#[cfg(target_os = "linux")]
mod epoll;
mod poll;

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table, Value};
use rustix::fd::RawFd;
use rustix::io::Errno;

use super::method::method;
use super::{clock, result};

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

/// The table of backends: bit -> true.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn backends(lua: &Lua) -> Result<Table> {
    let backends = lua.create_table()?;
    backends.raw_set(BACKEND_POLL, true)?;
    #[cfg(target_os = "linux")]
    backends.raw_set(BACKEND_EPOLL, true)?;
    Ok(backends)
}

/// `poller(backend) -> {set, wait, event} | nil, message, code`.
///
/// - `set(fd, old, new) -> true | nil, message, code` changes the events watched on `fd`, 0 for none. `EPERM`: a kind of
///   file that is always ready.
/// - `wait(deadline|nil) -> now, count, fd, events | nil, message, code` sleeps; fd and events are those of the first
///   ready descriptor.
///   `ECHILD`, from both: the process was forked since; a new poller is needed.
/// - `event(i) -> fd, events` is the i-th of the last wait, `i <= count`.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn create(lua: &Lua, bit: u32) -> Result<MultiValue> {
    let backend = match Backend::new(bit) {
        Ok(backend) => backend,
        Err(errno) => return result::answer::<Value>(lua, Err(errno)),
    };
    let poller = Rc::new(RefCell::new(Poller { backend, generation: wamp_net::generation(), ready: Vec::new() }));
    methods(lua, &poller)?.into_lua_multi(lua)
}

fn methods(lua: &Lua, poller: &Rc<RefCell<Poller>>) -> Result<Table> {
    let methods = lua.create_table()?;
    let set = |lua: &Lua, this: &mut Poller, (fd, old, new)| {
        result::answer(lua, this.set(fd, old, new).map(|()| true))
    };
    methods.set("set", method(lua, poller, set)?)?;
    methods.set("wait", method(lua, poller, wait)?)?;
    methods.set("event", method(lua, poller, |_, this, i: usize| Ok(pair(this.event(i))))?)?;
    Ok(methods)
}

fn pair(event: Option<(RawFd, Events)>) -> (Option<RawFd>, Option<Events>) {
    event.unzip()
}

fn wait(lua: &Lua, poller: &mut Poller, deadline: Option<f64>) -> Result<MultiValue> {
    match poller.wait(deadline) {
        Ok(()) => {
            let (fd, events) = pair(poller.event(1));
            (clock::monotonic(), poller.ready.len(), fd, events).into_lua_multi(lua)
        }
        Err(errno) => result::answer::<Value>(lua, Err(errno)),
    }
}
