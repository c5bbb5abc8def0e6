//! Wall clock, CPU time and memory of this process, and how they are printed.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

pub(crate) struct Meter {
    begin: Instant,
    cpu: Duration,
}

pub(crate) fn print(scenario: &str, name: &str, value: f64, unit: &str) {
    println!("{scenario}_{name} {value:.6} {unit}");
}

/// CPU time of all threads.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Resident memory in kB; 0 where the system does not tell it in this way.
pub(crate) fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
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
        print(scenario, "rss", resident(), "kB");
        wall
    }
}

/// Prints mean, median and 99th percentile of round trips in seconds.
pub(crate) fn print_round_trips(scenario: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let percentile = |share: f64| times[(times.len() as f64 * share).ceil() as usize - 1];
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    print(scenario, "rtt_mean", mean * 1e6, "us");
    print(scenario, "rtt_p50", percentile(0.5) * 1e6, "us");
    print(scenario, "rtt_p99", percentile(0.99) * 1e6, "us");
}
