//! When to try again.

use std::time::Duration;

/// The time before attempt `n` (from 0): `interval · factor^n`, at most `max_interval`, then moved at random by up to
/// `± jitter` of itself:
///
/// ```text
/// delay(n, r) = min(interval · factor^n, max_interval) · (1 + jitter · (2r - 1)),   0 <= r < 1
/// ```
///
/// The default, factor 1 and no jitter, is the fixed interval of Loowy 0.4.1: two seconds each time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The time before the first attempt.
    pub interval: Duration,
    /// How much longer each further attempt waits; below 1 and not a number count as 1.
    pub factor: f64,
    /// The longest time, before the jitter.
    pub max_interval: Duration,
    /// The random part, from 0 (none) to 1 (anything up to twice the time).
    pub jitter: f64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { interval: Duration::from_secs(2), factor: 1.0, max_interval: Duration::MAX, jitter: 0.0 }
    }
}

impl Backoff {
    /// The time before attempt `n` (from 0), by the formula above; `random` is from 0 to below 1.
    #[must_use]
    pub fn delay(&self, n: u32, random: f64) -> Duration {
        let grown = self.grown(n);
        if self.jitter > 0.0 { scaled(grown, 1.0 + self.jitter.min(1.0) * (2.0 * random - 1.0)) } else { grown }
    }

    fn grown(&self, n: u32) -> Duration {
        if self.factor > 1.0 {
            let exponent = i32::try_from(n).unwrap_or(i32::MAX);
            scaled(self.interval, self.factor.powi(exponent)).min(self.max_interval)
        } else {
            self.interval.min(self.max_interval)
        }
    }
}

/// Too long for a [`Duration`] is the longest one.
fn scaled(time: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * by).unwrap_or(if time.is_zero() { time } else { Duration::MAX })
}

/// A small generator of well-spread numbers (SplitMix64). It only moves attempts apart; nothing secret comes from it.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to below 1.
    pub(super) fn next_fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn the_default_is_two_seconds_each_time() {
        for n in [0, 1, 24, u32::MAX] {
            assert_eq!(Backoff::default().delay(n, 0.9), seconds(2));
        }
    }

    #[test]
    fn each_attempt_waits_longer_up_to_the_maximum() {
        let backoff = Backoff { interval: seconds(1), factor: 2.0, max_interval: seconds(10), jitter: 0.0 };
        let delays: Vec<u64> = (0..6).map(|n| backoff.delay(n, 0.0).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 10, 10]);
        assert_eq!(backoff.delay(u32::MAX, 0.0), seconds(10));
    }

    #[test]
    fn jitter_moves_the_time_both_ways() {
        let backoff = Backoff { interval: seconds(10), jitter: 0.5, ..Backoff::default() };
        assert_eq!(backoff.delay(0, 0.0), seconds(5));
        assert_eq!(backoff.delay(0, 0.5), seconds(10));
        assert!(backoff.delay(0, 0.999) > seconds(14) && backoff.delay(0, 0.999) < seconds(15));
    }

    #[test]
    fn an_interval_of_zero_stays_zero() {
        let backoff = Backoff { interval: Duration::ZERO, factor: 10.0, max_interval: seconds(5), jitter: 1.0 };
        assert_eq!(backoff.delay(u32::MAX, 0.7), Duration::ZERO);
    }

    #[test]
    fn odd_numbers_are_harmless() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e308];
        for factor in odd {
            for jitter in odd {
                let backoff = Backoff { factor, jitter, max_interval: seconds(60), ..Backoff::default() };
                assert!(backoff.delay(1000, 0.99) <= seconds(120), "factor {factor}, jitter {jitter}");
            }
        }
    }

    #[test]
    fn random_fractions_spread_and_differ_by_seed() {
        let mut a = Random::new(1);
        let mut b = Random::new(2);
        let from_a: Vec<f64> = (0..1000).map(|_| a.next_fraction()).collect();
        assert!(from_a.iter().all(|r| (0.0..1.0).contains(r)));
        let mean = from_a.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        assert_ne!(from_a[0], b.next_fraction());
    }
}
