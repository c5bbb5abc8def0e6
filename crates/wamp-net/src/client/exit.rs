//! The end of the process: what was said is delivered.

use std::os::fd::AsFd;
use std::sync::Once;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::guard::Guard;
use super::shared::Shared;

/// For all clients together.
const LIMIT: Duration = Duration::from_secs(1);

/// How long somebody else may hold a client before the next look.
const PAUSE: Duration = Duration::from_millis(1);

/// Arranges, once, that the clients of this process are flushed when it exits.
pub(super) fn flush_at_exit() {
    static ARRANGED: Once = Once::new();
    ARRANGED.call_once(|| {
        // SAFETY: the hook is a function of this library, which is not unloaded before the process ends.
        unsafe { libc::atexit(flush_all) };
    });
}

/// A forked child has no clients of its own here until it connects one, so it leaves those of its parent alone.
extern "C" fn flush_all() {
    let deadline = Instant::now() + LIMIT;
    for client in Guard::clients() {
        while Instant::now() < deadline && !flush_once(&client, deadline) {}
    }
}

/// Whether there is no more to do for that client.
fn flush_once(client: &Shared, deadline: Instant) -> bool {
    let Some(mut link) = client.try_lock() else {
        std::thread::sleep(PAUSE);
        return false;
    };
    if link.flush() {
        // In order, which is more than the system does by itself.
        link.drop_connection();
        return true;
    }
    let Some(socket) = link.socket() else { return true };
    wait_for_room(socket, deadline.saturating_duration_since(Instant::now()))
}

/// Whether waiting is of no use. A signal that the host handles only ends one wait, and the next begins.
fn wait_for_room(socket: impl AsFd, limit: Duration) -> bool {
    let timeout = Timespec { tv_sec: limit.as_secs() as _, tv_nsec: limit.subsec_nanos().into() };
    poll(&mut [PollFd::new(&socket, PollFlags::OUT)], Some(&timeout)).is_err_and(|error| error != Errno::INTR)
}
