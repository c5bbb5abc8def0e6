//! The time limits of calls.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::{Dict, Instant, Value};

/// When which call runs out of time. Calls that were answered stay in the heap until their time comes or until they
/// are the most of it.
#[derive(Debug, Default)]
pub(super) struct Timeouts {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    /// The size at which answered calls are cleared out.
    prune_at: usize,
}

const SMALL: usize = 64;

impl Timeouts {
    /// `is_pending` tells which of the older calls still matter.
    pub(super) fn add(&mut self, at: Instant, request: u64, is_pending: impl Fn(u64) -> bool) {
        if self.heap.len() >= self.prune_at.max(SMALL) {
            self.heap.retain(|&Reverse((_, request))| is_pending(request));
            self.prune_at = self.heap.len() * 2;
        }
        self.heap.push(Reverse((at, request)));
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|&Reverse((at, _))| at)
    }

    /// Takes out one call whose time has come.
    pub(super) fn pop(&mut self, now: Instant) -> Option<u64> {
        let &Reverse((at, request)) = self.heap.peek()?;
        if at > now {
            return None;
        }
        self.heap.pop();
        Some(request)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The option `timeout` of a call: milliseconds, perhaps with a fraction; 0 and nonsense are no limit.
pub(super) fn time_limit(options: &Dict) -> Option<Duration> {
    let milliseconds = match *options.get("timeout")? {
        Value::Int(n) => n as f64,
        Value::Uint(n) => n as f64,
        Value::Float(f) => f,
        _ => return None,
    };
    Duration::try_from_secs_f64(milliseconds / 1000.0).ok().filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Instant {
        Duration::from_millis(n)
    }

    #[test]
    fn calls_run_out_in_the_order_of_their_time() {
        let mut timeouts = Timeouts::default();
        timeouts.add(ms(30), 1, |_| true);
        timeouts.add(ms(10), 2, |_| true);
        assert_eq!(timeouts.next(), Some(ms(10)));
        assert_eq!(timeouts.pop(ms(9)), None);
        assert_eq!(timeouts.pop(ms(30)), Some(2));
        assert_eq!(timeouts.pop(ms(30)), Some(1));
        assert_eq!((timeouts.pop(ms(99)), timeouts.next()), (None, None));
    }

    #[test]
    fn answered_calls_do_not_pile_up() {
        let mut timeouts = Timeouts::default();
        for request in 0..100_000 {
            timeouts.add(ms(3_600_000), request, |request| request == 0);
        }
        assert!(timeouts.heap.len() <= 2 * SMALL);
        assert_eq!(timeouts.pop(ms(3_600_000)), Some(0));
    }

    #[test]
    fn the_option_is_milliseconds() {
        let limit = |value: Value| time_limit(&Dict::new().with("timeout", value));
        assert_eq!(limit(Value::Int(1500)), Some(ms(1500)));
        assert_eq!(limit(Value::Float(0.5)), Some(Duration::from_micros(500)));
        for none in [Value::Int(0), Value::Int(-1), Value::Float(f64::NAN), Value::Float(f64::INFINITY), Value::Null] {
            assert_eq!(limit(none), None);
        }
        assert_eq!(time_limit(&Dict::new()), None);
    }
}
