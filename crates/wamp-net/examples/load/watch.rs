//! The router from outside: its CPU time and its memory, beside this process's own.

use std::time::Instant;

use crate::peer::meter::{cpu_time, resident};

/// The router's processes.
pub(crate) struct Watch(Vec<u32>);

/// What a time has cost.
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// CPU seconds of the router.
    pub(crate) router: f64,
    /// CPU seconds of this process.
    pub(crate) own: f64,
}

/// A time that has begun.
pub(crate) struct Span {
    begin: Instant,
    router: f64,
    own: f64,
}

impl Watch {
    /// `pids` has their numbers, separated by blanks.
    pub(crate) fn new(pids: &str) -> Self {
        Self(pids.split_whitespace().filter_map(|pid| pid.parse().ok()).collect())
    }

    pub(crate) fn sees_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Resident memory in kB.
    pub(crate) fn resident(&self) -> f64 {
        self.0.iter().map(|pid| resident(&pid.to_string())).sum()
    }

    fn cpu(&self) -> f64 {
        self.0.iter().map(|pid| cpu_of(*pid)).sum()
    }

    pub(crate) fn begin(&self) -> Span {
        Span { begin: Instant::now(), router: self.cpu(), own: cpu_time().as_secs_f64() }
    }

    pub(crate) fn end(&self, span: &Span) -> Cost {
        Cost {
            seconds: span.begin.elapsed().as_secs_f64(),
            router: self.cpu() - span.router,
            own: cpu_time().as_secs_f64() - span.own,
        }
    }
}

/// CPU seconds of all threads of a process, to the nanosecond: 0 when it is gone.
fn cpu_of(pid: u32) -> f64 {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both pointers are to variables of ours, and are used during the calls alone.
    let failed = unsafe {
        libc::clock_getcpuclockid(pid.cast_signed(), &raw mut clock) != 0
            || libc::clock_gettime(clock, &raw mut time) != 0
    };
    if failed { 0.0 } else { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 }
}
