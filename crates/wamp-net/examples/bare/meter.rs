//! Wall clock and CPU time of a scenario, and its round trips.

use std::time::{Duration, Instant};

use crate::peer::meter::{cpu_time, percentile, print, resident};

pub(crate) struct Meter {
    begin: Instant,
    cpu: Duration,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self { begin: Instant::now(), cpu: cpu_time() }
    }

    /// Prints what every scenario has; `messages` are those that this process sent and received. Gives the seconds.
    pub(crate) fn finish(&self, scenario: &str, operations: usize, messages: usize) -> f64 {
        let wall = self.begin.elapsed().as_secs_f64();
        let cpu = cpu_time().saturating_sub(self.cpu).as_secs_f64();
        print(scenario, "wall", wall, "s");
        print(scenario, "rate", operations as f64 / wall, "ops/s");
        print(scenario, "client_cpu_per_10k_msgs", cpu / messages as f64 * 1e4, "s");
        print(scenario, "client_cpu_share", cpu / wall * 100.0, "%");
        print(scenario, "rss", resident("self"), "kB");
        wall
    }
}

/// Prints mean, median and 99th percentile of round trips in seconds.
pub(crate) fn print_round_trips(scenario: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    print(scenario, "rtt_mean", mean * 1e6, "us");
    print(scenario, "rtt_p50", percentile(times, 0.5) * 1e6, "us");
    print(scenario, "rtt_p99", percentile(times, 0.99) * 1e6, "us");
}
