//! When to ping, and when the lack of an answer means that the peer is gone.

use std::time::Duration;

use wamp_proto::Instant;

/// Pings of many clients with the same interval fall on so many moments of it, so that they share their wakeups.
const MOMENTS: u32 = 8;

/// A sequence of pings. Any byte from the peer counts as an answer, since a pong may stand behind a large message.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    interval: Option<Duration>,
    timeout: Duration,
    ping_at: Option<Instant>,
    /// The ping that is not answered yet: until when, and what had passed before it.
    awaited: Option<(Instant, Passed)>,
}

/// How many bytes have come from the peer, and how many the socket has taken for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// What may be a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attention {
    /// What comes is read.
    Listening,
    /// Nothing is read, because too much waits for the peer: it lives if it takes some of that.
    Crowded,
    /// Nothing is read, because the program is behind: silence says nothing.
    Away,
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
        let ping_at = interval.map(|interval| shared_moment(interval, now));
        Self { interval, timeout, ping_at, awaited: None }
    }

    /// When [`beat`](Self::beat) is to be called next; `None` when there is no heartbeat.
    pub(crate) fn next(&self, passed: Passed) -> Option<Instant> {
        let awaited = self.awaited.filter(|(_, before)| passed.received == before.received);
        awaited.map(|(until, _)| until).or(self.ping_at)
    }

    pub(crate) fn beat(&mut self, passed: Passed, attention: Attention, now: Instant) -> Beat {
        if let Some((until, before)) = self.awaited {
            let taken = attention == Attention::Crowded && passed.sent != before.sent;
            if passed.received != before.received || taken {
                self.awaited = None;
            } else if until > now {
                return Beat::Quiet;
            } else if attention == Attention::Away {
                self.awaited = Some((now.saturating_add(self.timeout), before));
                return Beat::Quiet;
            } else {
                return Beat::Dead;
            }
        }
        if self.ping_at.is_none_or(|at| at > now) {
            return Beat::Quiet;
        }
        self.ping_at = self.interval.map(|interval| shared_moment(interval, now));
        self.awaited = Some((now.saturating_add(self.timeout), passed));
        Beat::Ping
    }
}

/// The last moment that is not later than an interval from now.
fn shared_moment(interval: Duration, now: Instant) -> Instant {
    let (latest, step) = (now.saturating_add(interval), (interval / MOMENTS).as_nanos());
    let over = latest.as_nanos().checked_rem(step).unwrap_or(0);
    latest.saturating_sub(Duration::from_nanos(over.try_into().unwrap_or(0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Attention::*;
    use super::*;

    const fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    const fn heard(received: u64) -> Passed {
        Passed { received, sent: 0 }
    }

    #[test]
    fn without_an_interval_it_is_silent() {
        let mut heartbeat = Heartbeat::new(None, s(1), s(0));
        assert_eq!(heartbeat.next(heard(0)), None);
        assert_eq!(heartbeat.beat(heard(0), Listening, s(1000)), Beat::Quiet);
    }

    #[test]
    fn an_answered_ping_is_followed_by_the_next() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.next(heard(5)), Some(s(10)));
        assert_eq!(heartbeat.beat(heard(5), Listening, s(9)), Beat::Quiet);
        assert_eq!(heartbeat.beat(heard(5), Listening, s(10)), Beat::Ping);
        assert_eq!(heartbeat.next(heard(5)), Some(s(13)));
        assert_eq!(heartbeat.next(heard(7)), Some(s(20)));
        assert_eq!(heartbeat.beat(heard(7), Listening, s(13)), Beat::Quiet);
        assert_eq!(heartbeat.next(heard(7)), Some(s(20)));
        assert_eq!(heartbeat.beat(heard(7), Listening, s(20)), Beat::Ping);
    }

    #[test]
    fn an_unanswered_ping_is_the_end() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(heard(5), Listening, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(heard(5), Listening, s(12)), Beat::Quiet);
        assert_eq!(heartbeat.beat(heard(5), Listening, s(13)), Beat::Dead);
    }

    #[test]
    fn many_heartbeats_share_few_moments() {
        let interval = Duration::from_secs(10);
        let begins = (0..1000).map(|i| s(1000) + Duration::from_millis(i * 10) + Duration::from_nanos(i * i));
        let mut heartbeats: Vec<_> = begins.map(|begin| (begin, Heartbeat::new(Some(interval), s(3), begin))).collect();
        for (begin, heartbeat) in &mut heartbeats {
            let first = heartbeat.next(heard(0)).unwrap();
            assert!(first <= *begin + interval && first > *begin + interval * 7 / 8, "{first:?} after {begin:?}");
            // The system wakes us a little later each time.
            let late = Duration::from_micros(begin.as_micros() as u64 % 5000);
            assert_eq!(heartbeat.beat(heard(0), Listening, first + late), Beat::Ping);
            assert_eq!(heartbeat.next(heard(0)), Some(first + late + s(3)));
            assert_eq!(heartbeat.next(heard(1)), Some(first + interval));
        }
        let mut moments: Vec<_> = heartbeats.iter().map(|(_, heartbeat)| heartbeat.next(heard(1))).collect();
        moments.dedup();
        assert!(moments.len() <= MOMENTS as usize + 1, "{moments:?}");
    }

    #[test]
    fn silence_counts_only_where_somebody_listens() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(heard(5), Away, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(heard(5), Away, s(13)), Beat::Quiet);
        assert_eq!(heartbeat.next(heard(5)), Some(s(16)));
        assert_eq!(heartbeat.beat(heard(5), Listening, s(16)), Beat::Dead);
    }

    #[test]
    fn a_peer_for_which_much_waits_lives_as_long_as_it_takes_some_of_it() {
        let taken = |sent| Passed { received: 5, sent };
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(taken(1), Crowded, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(taken(2), Crowded, s(13)), Beat::Quiet);
        assert_eq!(heartbeat.beat(taken(2), Crowded, s(20)), Beat::Ping);
        assert_eq!(heartbeat.beat(taken(2), Crowded, s(23)), Beat::Dead);
    }

    #[test]
    fn what_the_socket_takes_is_no_answer_while_there_is_room() {
        let mut heartbeat = Heartbeat::new(Some(s(10)), s(3), s(0));
        assert_eq!(heartbeat.beat(heard(5), Listening, s(10)), Beat::Ping);
        assert_eq!(heartbeat.beat(Passed { received: 5, sent: 9 }, Listening, s(13)), Beat::Dead);
    }
}
