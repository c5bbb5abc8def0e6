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

/// The background does nothing for a while, as long as the program does not.
fn expect_sleep(time: Duration) {
    // Whatever was planned while there was something to do comes to its end, on a busy machine a little later.
    let after_a_while = || {
        let before = naps();
        std::thread::sleep(Duration::from_millis(200));
        before == naps()
    };
    assert!((0..25).any(|_| after_a_while()), "the background does not come to rest: {:?}", naps());
    let before = naps();
    assert!(before.iter().any(|(name, _)| name == "loowy-guard"), "{before:?}");
    std::thread::sleep(time);
    assert_eq!(naps(), before);
}

#[test]
fn nothing_happens_where_there_is_nothing_to_do() {
    let server = Server::start();
    let (first, mut peer) = joined(&server);
    let (second, mut stuck) = joined(&server);
    subscribe(&first, &mut peer);
    peer.send("[36,77,1,{},[1]]");
    assert_eq!(notices(&first, 1).len(), 1);
    expect_sleep(Duration::from_secs(1));
    expect_rest(&first, Duration::from_millis(100));

    // Nor while a peer does not take what was said, nor while the program does not hear what it was told.
    publish(&second, large(12 << 20));
    peer.send("[36,77,2,{},[2]]");
    expect_sleep(Duration::from_secs(1));
    assert!(stuck.text().len() > 12 << 20);
    assert_eq!(notices(&first, 1).len(), 1);
}
