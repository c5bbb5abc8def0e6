//! CPU time and memory, and how what was measured is printed.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub(crate) fn print(scenario: &str, name: &str, value: f64, unit: &str) {
    println!("{scenario}_{name} {value:.6} {unit}");
}

/// CPU time of all threads of this process.
pub(crate) fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// Resident memory of a process (`self` is this one) in kB; 0 where the system does not tell it in this way.
pub(crate) fn resident(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Rss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0.0)
}

/// What that share of the sorted times does not exceed; 0 of none.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    rank.checked_sub(1).and_then(|at| sorted.get(at)).copied().unwrap_or(0.0)
}
