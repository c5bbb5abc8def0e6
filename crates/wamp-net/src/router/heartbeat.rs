//! When to ask a silent peer whether it is still there, and when to give it up.

use std::time::{Duration, Instant};

/// The times of one connection. It knows no clock.
#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Option<Duration>,
    timeout: Duration,
    heard: Instant,
    pinged: Option<Instant>,
}

/// What to do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing before then.
    Wait(Instant),
    /// Send a ping, look again then.
    Ping(Instant),
    /// The peer is gone.
    Dead,
}

impl Heartbeat {
    pub(super) fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Self {
        Self { interval, timeout, heard: now, pinged: None }
    }

    /// The peer has shown that it is there.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = None;
    }

    /// The first time to look; `None` without heartbeats.
    pub(super) fn first(&self) -> Option<Instant> {
        self.interval.map(|interval| self.heard + interval)
    }

    /// What to do now. `None` without heartbeats.
    pub(super) fn beat(&mut self, now: Instant) -> Option<Beat> {
        let silent_until = self.heard + self.interval?;
        Some(match self.pinged {
            Some(pinged) if now >= pinged + self.timeout => Beat::Dead,
            Some(pinged) => Beat::Wait(pinged + self.timeout),
            None if now < silent_until => Beat::Wait(silent_until),
            None => {
                self.pinged = Some(now);
                Beat::Ping(now + self.timeout)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_pinged_and_given_up() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(10 * SECOND), 3 * SECOND, start);
        assert_eq!(heartbeat.first(), Some(start + 10 * SECOND));
        assert_eq!(heartbeat.beat(start + 4 * SECOND), Some(Beat::Wait(start + 10 * SECOND)));
        assert_eq!(heartbeat.beat(start + 10 * SECOND), Some(Beat::Ping(start + 13 * SECOND)));
        assert_eq!(heartbeat.beat(start + 12 * SECOND), Some(Beat::Wait(start + 13 * SECOND)));
        assert_eq!(heartbeat.beat(start + 13 * SECOND), Some(Beat::Dead));
    }

    #[test]
    fn a_peer_that_is_heard_lives_on() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(10 * SECOND), 3 * SECOND, start);
        heartbeat.beat(start + 10 * SECOND);
        heartbeat.heard(start + 11 * SECOND);
        assert_eq!(heartbeat.beat(start + 13 * SECOND), Some(Beat::Wait(start + 21 * SECOND)));
    }

    #[test]
    fn without_an_interval_nothing_happens() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(None, SECOND, start);
        assert_eq!((heartbeat.first(), heartbeat.beat(start + 100 * SECOND)), (None, None));
    }
}
