//! Signals: a handler that does no more than set a flag and write to a descriptor.

use std::os::fd::{BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use rustix::io::Errno;

use crate::stack::Stack;

/// One more than the largest signal number of any Unix.
const SLOTS: usize = 129;
const NOBODY: RawFd = -1;

/// What the handler of one signal knows.
struct Slot {
    /// Who is woken, `NOBODY` while no handler is installed.
    wake: AtomicI32,
    raised: AtomicBool,
}

static SLOT: [Slot; SLOTS] = [const { Slot { wake: AtomicI32::new(NOBODY), raised: AtomicBool::new(false) } }; SLOTS];

fn slot(signal: i32) -> Option<&'static Slot> {
    usize::try_from(signal).ok().and_then(|signal| SLOT.get(signal))
}

/// Async-signal-safe: atomics and write(2), and the interrupted code's errno is put back.
extern "C" fn on_signal(signal: i32) {
    let errno = nix::errno::Errno::last_raw();
    if let Some(slot) = slot(signal) {
        slot.raised.store(true, Ordering::Release);
        let wake = slot.wake.load(Ordering::Acquire);
        if wake != NOBODY {
            // SAFETY: the owner removes the handler before it closes the descriptor.
            let _ = rustix::io::write(unsafe { BorrowedFd::borrow_raw(wake) }, &1u64.to_ne_bytes());
        }
    }
    nix::errno::Errno::set_raw(errno);
}

/// A handler installed for one signal. Dropping it restores what the signal did before.
pub(super) struct Handler {
    signal: Signal,
    slot: &'static Slot,
    former: SigAction,
}

impl Handler {
    /// Makes `signal` write to `wake`, and lets it through to the calling thread.
    ///
    /// # Errors
    /// `INVAL` when the signal does not exist or cannot be caught, `BUSY` when it already has a handler of this module.
    pub(super) fn install(signal: i32, wake: RawFd) -> rustix::io::Result<Self> {
        let slot = slot(signal).ok_or(Errno::INVAL)?;
        let signal = Signal::try_from(signal).map_err(|_| Errno::INVAL)?;
        slot.wake.compare_exchange(NOBODY, wake, Ordering::AcqRel, Ordering::Acquire).map_err(|_| Errno::BUSY)?;
        slot.raised.store(false, Ordering::Release);
        let action = SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::all());
        // SAFETY: `on_signal` is async-signal-safe.
        match unsafe { sigaction(signal, &action) } {
            Ok(former) => {
                let _ = SigSet::from(signal).thread_unblock();
                Ok(Self { signal, slot, former })
            }
            Err(errno) => {
                slot.wake.store(NOBODY, Ordering::Release);
                Err(Errno::from_raw_os_error(errno as i32))
            }
        }
    }

    pub(super) fn number(&self) -> i32 {
        self.signal as i32
    }

    /// Whether the signal arrived since the last call.
    pub(super) fn take(&self) -> bool {
        self.slot.raised.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // SAFETY: what is restored was installed before, by the host or by default.
        let _ = unsafe { sigaction(self.signal, &self.former) };
        self.slot.wake.store(NOBODY, Ordering::Release);
    }
}

const ALIASES: [(&str, Signal); 2] = [("SIGIOT", Signal::SIGABRT), ("SIGPOLL", Signal::SIGIO)];

/// Pushes the table of the platform's signals: name -> number. lua-ev does not name SIGSTOP, which nobody can catch. Raises
/// when memory runs out.
pub(super) fn push_numbers(stack: Stack) {
    stack.push_table(0, 40);
    let signals = Signal::iterator().filter(|&signal| signal != Signal::SIGSTOP);
    for (name, signal) in signals.map(|signal| (signal.as_str(), signal)).chain(ALIASES) {
        stack.push_integer(signal as i64);
        stack.set_field(-2, name);
    }
}
