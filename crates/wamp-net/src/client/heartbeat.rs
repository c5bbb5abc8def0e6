//! When to ping, and when the lack of an answer means that the peer is gone.

use std::time::Duration;

use wamp_proto::Instant;

/// A sequence of pings. Any byte from the peer counts as an answer, since a pong may stand behind a large message.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    interval: Option<Duration>,
    timeout: Duration,
    ping_at: Option<Instant>,
    /// The ping that is not answered yet: until when, and what had been received before it.
    awaited: Option<(Instant, u64)>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Quiet,
    Ping,
    Dead,
}

impl Heartbeat {
    pub(crate) fn new(interval: Option<Duration>, timeout: Duration, now: Instant) -> Self {
        let ping_at = interval.map(|interval| now.saturating_add(interval));
        Self { interval, timeout, ping_at, awaited: None }
    }

    /// When [`beat`](Self::beat) is to be called next; `None` when there is no heartbeat.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.awaited.map(|(until, _)| until).or(self.ping_at)
    }

    /// `received` counts the bytes from the peer; `listening` says whether they were looked for.
    pub(crate) fn beat(&mut self, received: u64, listening: bool, now: Instant) -> Beat {
        if let Some((until, before)) = self.awaited {
            if received != before {
                self.awaited = None;
            } else if until > now {
                return Beat::Quiet;
            } else if listening {
                return Beat::Dead;
            } else {
                self.awaited = Some((now.saturating_add(self.timeout), before));
                return Beat::Quiet;
            }
        }
        if self.ping_at.is_none_or(|at| at > now) {
            return Beat::Quiet;
        }
        self.ping_at = self.interval.map(|interval| now.saturating_add(interval));
        self.awaited = Some((now.saturating_add(self.timeout), received));
        Beat::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn without_an_interval_it_is_silent() {
        let mut heartbeat = Heartbeat::new(None, s(1), s(0));
        assert_eq!(heartbeat.next(), None);
        assert_eq!(heartbeat.beat(0, true, s(1000)), Beat::Quiet);
    }

    #[test]
    fn an_answered_ping_is_followed_by_the_next() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.next(), Some(s(10)));
        assert_eq!(heartbeat.beat(5, true, s(9)), Beat::Quiet);
        assert_eq!(heartbeat.beat(5, true, s(10)), Beat::Ping);
        assert_eq!(heartbeat.next(), Some(s(13)));
        assert_eq!(heartbeat.beat(7, true, s(13)), Beat::Quiet);
        assert_eq!(heartbeat.next(), Some(s(20)));
        assert_eq!(heartbeat.beat(7, true, s(20)), Beat::Ping);
    }

    #[test]
    fn an_unanswered_ping_is_the_end() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(5, true, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(5, true, s(12)), Beat::Quiet);
        assert_eq!(heartbeat.beat(5, true, s(13)), Beat::Dead);
    }

    #[test]
    fn silence_counts_only_where_somebody_listens() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(5, false, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(5, false, s(13)), Beat::Quiet);
        assert_eq!(heartbeat.next(), Some(s(16)));
        assert_eq!(heartbeat.beat(5, true, s(16)), Beat::Dead);
    }
}
