//! A descriptor that signal handlers make readable, and the signals it stands for.

use std::cell::RefCell;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table, Value};

use super::method::method;
use super::result;
use super::signal::Handler;

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
    fn watch(&mut self, signal: i32) -> rustix::io::Result<bool> {
        let handler = Handler::install(signal, self.ends.write_end().as_raw_fd())?;
        self.handlers.push(handler);
        Ok(true)
    }

    fn release(&mut self, signal: i32) {
        self.handlers.retain(|handler| handler.number() != signal);
    }

    fn take(&self, signal: i32) -> bool {
        self.handlers.iter().any(|handler| handler.number() == signal && handler.take())
    }
}

/// `wakeup() -> {fd, clear, watch, release, take} | nil, message, code`.
///
/// - `fd` becomes readable when a watched signal arrives, until `clear()`.
/// - `watch(signal) -> true | nil, message, code` installs a handler; `EBUSY` when another loop has one.
/// - `release(signal)` restores what the signal did before.
/// - `take(signal)` says whether the signal arrived since the last time.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn create(lua: &Lua, (): ()) -> Result<MultiValue> {
    let ends = match Ends::new() {
        Ok(ends) => ends,
        Err(errno) => return result::answer::<Value>(lua, Err(errno)),
    };
    let wakeup = Rc::new(RefCell::new(Wakeup { handlers: Vec::new(), ends }));
    methods(lua, &wakeup)?.into_lua_multi(lua)
}

fn methods(lua: &Lua, wakeup: &Rc<RefCell<Wakeup>>) -> Result<Table> {
    let methods = lua.create_table()?;
    methods.set("fd", wakeup.borrow().ends.read.as_raw_fd())?;
    methods.set(
        "clear",
        method(lua, wakeup, |_, this, ()| {
            this.ends.clear();
            Ok(())
        })?,
    )?;
    methods.set("watch", method(lua, wakeup, |lua, this, signal| result::answer(lua, this.watch(signal)))?)?;
    methods.set(
        "release",
        method(lua, wakeup, |_, this, signal| {
            this.release(signal);
            Ok(())
        })?,
    )?;
    methods.set("take", method(lua, wakeup, |_, this, signal| Ok(this.take(signal)))?)?;
    Ok(methods)
}
