//! What is said through other clients while a turn is open.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use client_support::*;
use wamp_net::client::Client;
use wamp_proto::client::Notice;

fn expect_in_order(peer: &mut Peer, numbers: RangeInclusive<usize>) {
    for i in numbers {
        assert_eq!(peer.text(), format!("[16,{i},{{}},\"t\",[{i}]]"));
    }
}

/// The guard lets nothing leave before.
const GUARDS_PATIENCE: Duration = Duration::from_millis(10);

/// Says these numbers through `other`, with which they stay.
fn gather(other: &Client, peer: &Peer, numbers: RangeInclusive<usize>) {
    let begin = Instant::now();
    for i in numbers {
        publish(other, args(format!("[{i}]")));
    }
    assert!(peer.waiting() == 0 || begin.elapsed() >= GUARDS_PATIENCE, "written in the middle of a turn");
}

#[test]
fn what_others_say_in_a_turn_leaves_in_one_write() {
    let server = Server::start();
    let ((client, _peer), (other, mut peer)) = (joined(&server), joined(&server));
    for i in [1, 3, 5] {
        client.begin_turn();
        gather(&other, &peer, i..=i + 1);
        client.end_turn();
        assert!(peer.waiting() > 2 * 20);
        expect_in_order(&mut peer, i..=i + 1);
    }
    publish(&other, args("[7]"));
    assert!(peer.waiting() > 0, "still gathered after the turn");
}

#[test]
fn a_turn_within_a_turn_lets_everything_leave() {
    let server = Server::start();
    let ((outer, _a), (inner, _b), (other, mut peer)) = (joined(&server), joined(&server), joined(&server));
    outer.begin_turn();
    gather(&other, &peer, 1..=3);
    inner.begin_turn();
    assert!(peer.waiting() > 0, "the program waits for an answer that nobody can give");
    expect_in_order(&mut peer, 1..=3);
    gather(&other, &peer, 4..=4);
    inner.end_turn();
    expect_in_order(&mut peer, 4..=4);
    gather(&other, &peer, 5..=5);
    outer.end_turn();
    expect_in_order(&mut peer, 5..=5);
}

#[test]
fn waiting_in_a_turn_lets_everything_leave() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    other.wait(Some(Duration::ZERO)).unwrap();
    assert!(peer.waiting() > 0);
    expect_in_order(&mut peer, 1..=3);
    client.end_turn();
}

#[test]
fn a_turn_that_is_begun_anew_holds_nothing_back() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    client.begin_turn();
    expect_in_order(&mut peer, 1..=3);
    client.end_turn();
    publish(&other, args("[4]"));
    assert!(peer.waiting() > 0, "the turn that never ended still gathers");
}

#[test]
fn a_turn_ends_with_its_client() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    drop(client);
    assert!(peer.waiting() > 0);
    expect_in_order(&mut peer, 1..=3);
    publish(&other, args("[4]"));
    assert!(peer.waiting() > 0);
}

#[test]
fn a_turn_may_end_in_another_thread() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    std::thread::spawn(move || client.end_turn()).join().unwrap();
    // Nothing that happens in this thread ends the turn, so the guard looks after it.
    expect_in_order(&mut peer, 1..=3);
    publish(&other, args("[4]"));
    assert!(peer.waiting() > 0, "the turn is over");
}

#[test]
fn a_client_may_gather_in_one_thread_and_speak_in_another() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    let speak = move || publish(&other, args("[4]"));
    std::thread::spawn(speak).join().unwrap();
    expect_in_order(&mut peer, 1..=4);
    client.end_turn();
}

#[test]
fn a_long_turn_holds_nothing_back_of_what_others_say() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    publish(&other, args("[1]"));
    // The turn goes on, but the guard looks after a moment.
    expect_in_order(&mut peer, 1..=1);
    publish(&other, args("[2]"));
    assert!(peer.waiting() > 0, "a turn that is known to be long still gathers");
    client.end_turn();
}

#[test]
fn a_turn_gathers_a_bounded_amount_of_what_others_say() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    publish(&other, large(50_000));
    publish(&other, large(50_000));
    assert!(peer.waiting() > 0);
    peer.expect("[16,1");
    peer.expect("[16,2");
    client.end_turn();
}

#[test]
fn a_client_that_goes_in_a_turn_says_everything_first() {
    let server = Server::start();
    let (client, _a) = joined(&server);
    client.begin_turn();
    let (other, mut peer) = joined(&server);
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    drop(other);
    expect_in_order(&mut peer, 1..=3);
    assert!(peer.is_closed_by_client());
    let (other, mut peer) = joined(&server);
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    other.close_now();
    expect_in_order(&mut peer, 1..=3);
    client.end_turn();
}

#[test]
fn leaving_in_a_turn_is_said_at_once() {
    let server = Server::start();
    let ((client, _a), (other, mut peer)) = (joined(&server), joined(&server));
    client.begin_turn();
    gather(&other, &peer, 1..=3);
    other.command(|machine, now| machine.disconnect(now));
    assert!(peer.waiting() > 0);
    expect_in_order(&mut peer, 1..=3);
    peer.expect("[6,");
    peer.send("[6,{},\"wamp.close.goodbye_and_out\"]");
    client.end_turn();
    assert_eq!(notice(&other), Notice::Closed);
}
