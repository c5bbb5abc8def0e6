//! Clients at the end of a process, and in a forked one. Each scene runs in a process of its own: an ignored test of
//! this file, started by the test that plays the router.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use client_support::*;
use wamp_net::client::Client;
use wamp_proto::client::{Notice, State};

const SIZE: usize = 8 << 20;

fn start(scene: &str, server: &Server) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", scene, "--ignored", "--nocapture", "--test-threads=1"])
        .env("TEST_URL", server.url())
        .spawn()
        .unwrap()
}

/// Where the router is, if this process plays a scene.
fn url() -> Option<String> {
    std::env::var("TEST_URL").ok()
}

fn join_from_scene(url: &str) -> Client {
    let client = client();
    client.connect(url).unwrap();
    assert_eq!(notice(&client), Notice::Joined { first: true });
    client
}

fn expect_end(mut child: Child) {
    let end = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
}

fn fork() -> libc::pid_t {
    // SAFETY: the child goes on in this thread alone, and the C library's allocator allows that.
    unsafe { libc::fork() }
}

fn expect_success(child: libc::pid_t) {
    let mut status = 0;
    // SAFETY: waits for a child of this process.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status}");
}

/// Ends a forked child with what its scene came to, panics included.
fn finish(scene: impl FnOnce()) -> ! {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(scene));
    std::process::exit(i32::from(result.is_err()))
}

#[test]
fn what_was_said_is_delivered_when_the_process_exits() {
    let server = Server::start();
    let child = start("scene_exit", &server);
    let mut peer = server.join();
    peer.send("[36,1,1,{},[\"never heard\"]]");
    std::thread::sleep(Duration::from_millis(300));
    assert!(peer.text().len() > SIZE);
    peer.expect("[16,2,{},\"t\",[\"the last word\"]]");
    expect_end(child);
}

#[test]
#[ignore = "a scene"]
fn scene_exit() {
    let Some(url) = url() else { return };
    let client = join_from_scene(&url);
    client.begin_turn();
    publish(&client, large(SIZE));
    publish(&client, args("[\"the last word\"]"));
    std::process::exit(0);
}

#[test]
fn exiting_takes_bounded_time() {
    let server = Server::start();
    let child = start("scene_exit", &server);
    let _peer_that_does_not_read = server.join();
    expect_end(child);
}

#[test]
fn a_forked_child_leaves_the_connection_to_its_parent() {
    let server = Server::start();
    let child = start("scene_fork", &server);
    let mut parents = server.join();
    let mut childs = server.join();
    childs.expect("[16,1,{},\"t\",[\"child\"]]");
    childs.expect("[6,{},\"wamp.close.system_shutdown\"");
    childs.send("[6,{},\"wamp.close.goodbye_and_out\"]");
    assert!(childs.is_closed_by_client());
    parents.expect("[16,1,{},\"t\",[\"parent\"]]");
    parents.expect("[6,{},\"wamp.close.system_shutdown\"");
    parents.send("[6,{},\"wamp.close.goodbye_and_out\"]");
    assert!(parents.is_closed_by_client());
    expect_end(child);
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_do_not_add_up_from_child_to_child() {
    let server = Server::start();
    let child = start("scene_grandchild", &server);
    let _peer = server.join();
    expect_end(child);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a scene"]
fn scene_grandchild() {
    fn descriptors() -> usize {
        std::fs::read_dir("/proc/self/fd").unwrap().count()
    }
    let Some(url) = url() else { return };
    let _client = join_from_scene(&url);
    let child = fork();
    if child == 0 {
        finish(|| {
            let before = descriptors();
            let grandchild = fork();
            if grandchild == 0 {
                finish(|| assert_eq!(descriptors(), before));
            }
            expect_success(grandchild);
        });
    }
    expect_success(child);
}

fn leave(client: &Client) {
    client.command(|machine, now| machine.disconnect(now));
    assert_eq!(notice(client), Notice::Closed);
}

#[test]
#[ignore = "a scene"]
fn scene_fork() {
    let Some(url) = url() else { return };
    let client = join_from_scene(&url);
    let fd = client.fd().unwrap();
    let idle = self::client();
    let child = fork();
    if child == 0 {
        finish(|| {
            assert_eq!(notice(&client), Notice::Closed);
            assert_eq!((state(&client), client.fd().unwrap()), (State::Idle, fd));
            expect_silence(&client, Duration::from_millis(20));
            expect_silence(&idle, Duration::from_millis(20));
            client.connect(&url).unwrap();
            assert_eq!(notice(&client), Notice::Joined { first: true });
            publish(&client, args("[\"child\"]"));
            leave(&client);
        });
    }
    expect_success(child);
    // A child that only throws its copy away.
    let child = fork();
    if child == 0 {
        finish(|| drop(client));
    }
    expect_success(child);
    publish(&client, args("[\"parent\"]"));
    leave(&client);
}
