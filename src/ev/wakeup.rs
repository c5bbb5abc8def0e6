//! A descriptor that signal handlers make readable, and the signals it stands for.

use std::cell::RefCell;
use std::ffi::c_int;
use std::os::fd::{AsRawFd, OwnedFd};

use super::result::Outcome;
use super::signal::Handler;
use crate::function::{Answer, Call, Functions, Misuse, True, functions};
use crate::handle;
use crate::stack::{Class, Stack};

const METHODS: Functions = functions! {
    "fd" => fd,
    "clear" => clear,
    "watch" => watch,
    "release" => release,
    "take" => take,
};

/// The two ends of a wakeup; on Linux they are one eventfd.
struct Ends {
    read: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    write: OwnedFd,
}

impl Ends {
    #[cfg(target_os = "linux")]
    fn new() -> rustix::io::Result<Self> {
        use rustix::event::{EventfdFlags, eventfd};
        Ok(Self { read: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)? })
    }

    #[cfg(not(target_os = "linux"))]
    fn new() -> rustix::io::Result<Self> {
        use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
        let (read, write) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::empty(), None)?;
        for end in [&read, &write] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
            ioctl_fionbio(end, true)?;
        }
        Ok(Self { read, write })
    }

    fn write_end(&self) -> &OwnedFd {
        #[cfg(target_os = "linux")]
        return &self.read;
        #[cfg(not(target_os = "linux"))]
        &self.write
    }

    /// Makes the descriptor unreadable until the next signal.
    fn clear(&self) {
        let mut buffer = [0; 64];
        while matches!(rustix::io::read(&self.read, &mut buffer), Ok(64)) {}
    }
}

/// The handlers come first: they are removed before the descriptor they write to is closed.
struct Wakeup {
    handlers: Vec<Handler>,
    ends: Ends,
}

impl Wakeup {
    fn watch(&mut self, signal: i32) -> rustix::io::Result<True> {
        let handler = Handler::install(signal, self.ends.write_end().as_raw_fd())?;
        self.handlers.push(handler);
        Ok(True)
    }

    fn release(&mut self, signal: i32) {
        self.handlers.retain(|handler| handler.number() != signal);
    }

    fn take(&self, signal: i32) -> bool {
        self.handlers.iter().any(|handler| handler.number() == signal && handler.take())
    }
}

/// Raises when memory runs out.
pub(super) fn set_class(stack: Stack, shared: c_int) {
    handle::set_class::<RefCell<Wakeup>>(stack, shared, Class::Wakeup, METHODS);
}

/// `wakeup() -> wakeup | nil, message, code`.
///
/// - `wakeup:fd()` becomes readable when a watched signal arrives, until `wakeup:clear()`.
/// - `wakeup:watch(signal) -> true | nil, message, code` installs a handler; `EBUSY` when another loop has one.
/// - `wakeup:release(signal)` restores what the signal did before.
/// - `wakeup:take(signal)` says whether the signal arrived since the last time.
pub(super) fn create(_call: Call) -> Result<Outcome<NewWakeup>, Misuse> {
    let ends = Ends::new().map_err(Into::into);
    Ok(ends.map(|ends| NewWakeup(Some(Wakeup { handlers: Vec::new(), ends }))))
}

pub(super) struct NewWakeup(Option<Wakeup>);

impl Answer for NewWakeup {
    fn push(&mut self, call: Call) -> c_int {
        call.push_object(Class::Wakeup, || self.0.take().map(RefCell::new));
        1
    }
}

fn fd(call: Call) -> Result<i32, Misuse> {
    Ok(call.object::<RefCell<Wakeup>>()?.borrow().ends.read.as_raw_fd())
}

fn clear(call: Call) -> Result<(), Misuse> {
    call.object::<RefCell<Wakeup>>()?.borrow().ends.clear();
    Ok(())
}

fn watch(call: Call) -> Result<Outcome<True>, Misuse> {
    let signal = call.int(2, "the signal")?;
    Ok(call.object::<RefCell<Wakeup>>()?.borrow_mut().watch(signal).map_err(Into::into))
}

fn release(call: Call) -> Result<(), Misuse> {
    let signal = call.int(2, "the signal")?;
    call.object::<RefCell<Wakeup>>()?.borrow_mut().release(signal);
    Ok(())
}

fn take(call: Call) -> Result<bool, Misuse> {
    let signal = call.int(2, "the signal")?;
    Ok(call.object::<RefCell<Wakeup>>()?.borrow().take(signal))
}
