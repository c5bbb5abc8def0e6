//! What belongs to one process and must not be touched by its forked children.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);
static WATCH: Once = Once::new();

/// How many forks lie between the process that loaded this library and this one. Cheaper than asking for the process
/// id, so that it can be compared on every call.
pub fn generation() -> u32 {
    WATCH.call_once(|| {
        // SAFETY: the handler only touches atomics and makes system calls, which is allowed between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(forked)) };
    });
    FORKS.load(Ordering::Relaxed)
}

unsafe extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    crate::client::renew_descriptors();
}

/// A lazily made value of one process. A forked child does not inherit it, since its threads are not there: the
/// child leaks it and makes its own. There is no lock, because a child can inherit a lock in its locked state.
pub(crate) struct PerProcess<T>(AtomicPtr<Owned<T>>);

struct Owned<T> {
    generation: u32,
    value: T,
}

impl<T: Send + Sync + 'static> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// The value of this process, if it was made.
    pub(crate) fn get(&'static self) -> Option<&'static T> {
        Self::of_this_process(self.0.load(Ordering::Acquire))
    }

    /// The value of this process. `make` may run in two threads at once; then one result is dropped.
    pub(crate) fn get_or_try_init<E>(&'static self, make: impl FnOnce() -> Result<T, E>) -> Result<&'static T, E> {
        match self.get() {
            Some(value) => Ok(value),
            None => Ok(self.publish(Owned { generation: generation(), value: make()? })),
        }
    }

    fn publish(&'static self, made: Owned<T>) -> &'static T {
        let made = Box::into_raw(Box::new(made));
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            if let Some(value) = Self::of_this_process(seen) {
                // SAFETY: made above and never published.
                drop(unsafe { Box::from_raw(made) });
                return value;
            }
            match self.0.compare_exchange(seen, made, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: made above, and never freed from here on.
                Ok(_) => return unsafe { &(*made).value },
                Err(now) => seen = now,
            }
        }
    }

    fn of_this_process(pointer: *mut Owned<T>) -> Option<&'static T> {
        // SAFETY: null, or a published box, which is never freed.
        let owned: Option<&'static Owned<T>> = unsafe { pointer.as_ref() };
        owned.filter(|owned| owned.generation == generation()).map(|owned| &owned.value)
    }
}

/// Runs `start` with all signals blocked in this thread, so that the threads it starts inherit that: the signals of
/// the host program are the host's. Faults stay open, they hit the thread that causes them.
pub(crate) fn without_signals<R>(start: impl FnOnce() -> R) -> R {
    let before = block_signals();
    let result = start();
    if let Some(before) = before {
        // SAFETY: `before` was filled in by the same call.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut()) };
    }
    result
}

/// Blocks all signals but faults in this thread; the mask before, if that worked.
pub(crate) fn block_signals() -> Option<libc::sigset_t> {
    const FAULTS: [libc::c_int; 6] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT, libc::SIGTRAP];
    let (mut all, mut before) = (MaybeUninit::<libc::sigset_t>::uninit(), MaybeUninit::<libc::sigset_t>::uninit());
    // SAFETY: both sets live on this stack; `sigfillset` initializes the first, a successful `pthread_sigmask` the
    // second.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        for fault in FAULTS {
            libc::sigdelset(all.as_mut_ptr(), fault);
        }
        let failed = libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) != 0;
        (!failed).then(|| before.assume_init())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    static NUMBER: PerProcess<u32> = PerProcess::new();

    #[test]
    fn a_value_is_made_once() {
        assert_eq!(NUMBER.get_or_try_init(|| Err("failed")), Err("failed"));
        assert_eq!(NUMBER.get_or_try_init(|| Ok::<_, ()>(7)), Ok(&7));
        assert_eq!(NUMBER.get_or_try_init(|| Ok::<_, ()>(8)), Ok(&7));
        assert_eq!(NUMBER.get(), Some(&7));
    }

    #[test]
    fn a_child_makes_its_own() {
        static MINE: PerProcess<u32> = PerProcess::new();
        MINE.get_or_try_init(|| Ok::<_, ()>(1)).unwrap();
        // SAFETY: the child only compares atomics and leaves without running any destructor.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let forgotten = MINE.get().is_none() && MINE.get_or_try_init(|| Ok::<_, ()>(2)) == Ok(&2);
            // SAFETY: ends the child.
            unsafe { libc::_exit(if forgotten { 0 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: waits for the child made above.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status}");
        assert_eq!(MINE.get(), Some(&1));
    }

    #[test]
    fn threads_start_without_signals() {
        let blocked = || {
            let mut now = MaybeUninit::<libc::sigset_t>::uninit();
            // SAFETY: a null set only asks for the mask.
            unsafe {
                libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), now.as_mut_ptr());
                libc::sigismember(now.as_ptr(), libc::SIGTERM) == 1
            }
        };
        let inside = without_signals(|| std::thread::spawn(blocked)).join().unwrap();
        assert!(inside, "the started thread takes SIGTERM");
        assert!(!blocked(), "the starting thread lost SIGTERM");
    }
}
