//! The clock of the machines: monotonic, counted from the first look at it.

use std::sync::OnceLock;
use std::time;

use wamp_proto::Instant;

static ORIGIN: OnceLock<time::Instant> = OnceLock::new();

/// The present time.
pub(crate) fn now() -> Instant {
    ORIGIN.get_or_init(time::Instant::now).elapsed()
}
