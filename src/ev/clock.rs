//! The two clocks of the loop, in seconds.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

/// Seconds since the first reading in this process; never goes back.
pub(super) fn monotonic() -> f64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Seconds since the Unix epoch.
pub(super) fn wallclock() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
