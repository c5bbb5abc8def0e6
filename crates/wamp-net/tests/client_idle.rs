//! A connection on which nothing happens wakes nobody. Alone in its process, since it watches the threads of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod client_support;

use std::fs;
use std::time::Duration;

use client_support::*;

/// How often each thread of this process, except the present one, went to sleep so far.
fn naps() -> Vec<(String, u64)> {
    let own = rustix::thread::gettid().as_raw_nonzero().to_string();
    let tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap());
    let mut naps: Vec<_> = tasks
        .filter(|task| task.file_name().to_string_lossy() != own)
        .map(|task| {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0").trim();
            (field("Name:").to_owned(), field("voluntary_ctxt_switches:").parse().unwrap())
        })
        .filter(|(name, _)| name.starts_with("loowy"))
        .collect();
    naps.sort();
    naps
}

#[test]
fn an_idle_client_wakes_nobody() {
    let server = Server::start();
    let (first, mut peer) = joined(&server);
    let (second, _other_peer) = joined(&server);
    subscribe(&first, &mut peer);
    peer.send("[36,77,1,{},[1]]");
    assert_eq!(notices(&first, 1).len(), 1);
    // Whatever was planned while there was something to do comes to its end.
    expect_silence(&second, Duration::from_millis(200));
    let before = naps();
    assert!(before.iter().any(|(name, _)| name == "loowy-guard"), "{before:?}");
    expect_silence(&first, Duration::from_secs(2));
    assert_eq!(naps(), before);
}
