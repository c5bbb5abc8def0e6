//! What happens to a connection while its program is busy elsewhere, and that nothing happens while there is nothing.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::io::Write;
use std::time::{Duration, Instant};

use client_support::*;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use wamp_net::client::{Client, NetOptions};
use wamp_proto::Dict;
use wamp_proto::client::{Notice, State};

/// Waits for the answer to a ping, which stands behind everything that was said before it.
fn ping(peer: &mut Peer, word: &'static str) {
    peer.socket.send(Message::Ping(word.into())).unwrap();
    loop {
        match peer.socket.read().unwrap() {
            Message::Pong(answer) if answer == word => return,
            Message::Pong(_) | Message::Ping(_) => {}
            other => panic!("{other:?} instead of a pong"),
        }
    }
}

#[test]
fn pings_are_answered() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    for word in ["one", "two", "three"] {
        ping(&mut peer, word);
    }
    expect_silence(&client, Duration::from_millis(30));
}

#[test]
fn pings_are_answered_between_fragments() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    let mut fragment = |text: &'static str, kind, last| {
        peer.socket.send(Message::Frame(Frame::message(text, OpCode::Data(kind), last))).unwrap();
    };
    fragment("[36,77,1,", Data::Text, false);
    fragment("{},[\"a", Data::Continue, false);
    ping(&mut peer, "within");
    peer.socket.send(Message::Frame(Frame::message("b\"]]", OpCode::Data(Data::Continue), true))).unwrap();
    match notice(&client) {
        Notice::Event { payload, .. } => assert_eq!(payload.args.unwrap(), "[\"ab\"]"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_guard_reads_ahead_and_wakes_the_program() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    for i in 0..100 {
        peer.send(format!("[36,77,{},{{}},[{i}]]", i + 1));
    }
    ping(&mut peer, "all read");
    // The socket is empty now; the descriptor tells of what was read ahead.
    let events = notices(&client, 100);
    assert_eq!(events.len(), 100);
    for (i, notice) in events.into_iter().enumerate() {
        let Notice::Event { payload, .. } = notice else { panic!("{notice:?}") };
        assert_eq!(payload.args.unwrap(), format!("[{i}]"));
    }
    assert!(!client.wait(Some(Duration::ZERO)).unwrap(), "readable without anything to tell");
}

#[test]
fn a_program_that_only_talks_still_answers() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    let pinger = std::thread::spawn(move || {
        peer.socket.send(Message::Ping("hello".into())).unwrap();
        while !matches!(peer.socket.read().unwrap(), Message::Pong(_)) {}
    });
    let end = Instant::now() + PATIENCE;
    while !pinger.is_finished() {
        publish(&client, args("[]"));
        assert!(Instant::now() < end);
    }
    pinger.join().unwrap();
}

#[test]
fn what_nobody_hears_pushes_back() {
    const SIZE: usize = 100_000;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    peer.socket.get_ref().set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut sent = 0;
    let event = |i: usize| Message::text(format!("[36,77,{},{{}},[\"{}\"]]", i + 1, "x".repeat(SIZE)));
    while peer.socket.send(event(sent)).is_ok() {
        sent += 1;
        assert!(sent < 1000, "{sent} messages of 100 kB were taken from a router whose client is away");
    }
    peer.socket.get_ref().set_write_timeout(Some(PATIENCE)).unwrap();
    let rest = std::thread::spawn(move || {
        peer.socket.flush().unwrap();
        peer.send(event(sent + 1).into_text().unwrap().to_string());
        peer
    });
    // One more was accepted half-way, and one came afterwards.
    assert_eq!(notices(&client, sent + 2).len(), sent + 2);
    let mut peer = rest.join().unwrap();
    ping(&mut peer, "still there");
}

#[test]
fn a_peer_that_does_not_read_is_heard_without_spinning() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    publish(&client, large(12 << 20));
    peer.send("[36,77,1,{},[1]]");
    assert!(matches!(notice(&client), Notice::Event { .. }));
    expect_rest(&client, Duration::from_millis(200));
    assert!(peer.text().len() > 12 << 20);
}

#[test]
fn a_peer_that_does_not_read_far_too_much_is_not_heard_until_it_does() {
    let server = Server::start();
    let mut settings = settings();
    settings.max_queued_bytes = 1 << 20;
    let (client, mut peer) = joined_with(Client::new(settings, NetOptions::default()), &server);
    subscribe(&client, &mut peer);
    publish(&client, large(12 << 20));
    peer.send("[36,77,1,{},[1]]");
    expect_rest(&client, Duration::from_millis(200));
    expect_silence(&client, Duration::ZERO);
    assert!(peer.text().len() > 12 << 20);
    assert!(matches!(notice(&client), Notice::Event { .. }));
}

#[test]
fn time_limits_are_kept() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    let options = Dict::new().with("timeout", 50_u64);
    let call = client.command(|machine, now| machine.call("p", args("[]"), options, now)).unwrap();
    peer.expect("[48,1,");
    peer.expect("[49,1,{\"mode\":\"killnowait\"}]");
    match notice(&client) {
        Notice::Failed { request, error, .. } => assert_eq!((request, &*error), (call, "wamp.error.timeout")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lost_connection_is_noticed_and_made_again_when_the_program_has_heard_of_it() {
    let server = Server::start();
    let (client, peer) = joined(&server);
    drop(peer);
    assert_eq!(notice(&client), Notice::Reconnecting { attempt: 1 });
    let _peer = server.join();
    assert_eq!(notice(&client), Notice::Joined { first: false });
}

#[test]
fn a_silent_peer_is_left() {
    let server = Server::start();
    let (interval, ping_timeout) = (Duration::from_millis(50), Duration::from_secs(1));
    let options = NetOptions { ping_interval: Some(interval), ping_timeout, ..NetOptions::default() };
    let mut settings = settings();
    settings.auto_reconnect = false;
    let (client, mut peer) = joined_with(Client::new(settings, options), &server);
    // Answered for a while: reading the socket answers pings.
    for _ in 0..5 {
        assert!(matches!(peer.socket.read().unwrap(), Message::Ping(_)));
        peer.socket.flush().unwrap();
    }
    assert_eq!(state(&client), State::Joined);
    assert_eq!(notice(&client), Notice::Closed);
}

/// A message that begins and never ends, for as long as it is read but not longer than patience lasts.
fn endless_message(mut peer: Peer) -> std::thread::JoinHandle<()> {
    let end = Instant::now() + PATIENCE;
    std::thread::spawn(move || {
        let tcp = peer.socket.get_mut();
        let fragments = [0; 1 << 16];
        let mut said = tcp.write_all(&[0x01, 0]);
        while said.is_ok() && Instant::now() < end {
            said = tcp.write_all(&fragments);
        }
    })
}

#[test]
fn a_message_without_end_holds_neither_the_program_nor_the_guard() {
    let server = Server::start();
    let (client, peer) = joined(&server);
    let flood = endless_message(peer);
    let begin = Instant::now();
    for _ in 0..5 {
        assert_eq!(turn(&client, PATIENCE), []);
    }
    // The guard reads meanwhile.
    std::thread::sleep(Duration::from_millis(100));
    publish(&client, args("[1]"));
    assert!(begin.elapsed() < PATIENCE / 2, "{:?}", begin.elapsed());
    client.close_now();
    flood.join().unwrap();
}

#[test]
fn a_turn_ends_though_the_guard_reads_on() {
    const EVENTS: usize = 32;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    let event = format!("[36,77,1,{{}},[\"{}\"]]", "x".repeat(1 << 20));
    let talking = std::thread::spawn(move || {
        for _ in 0..EVENTS {
            peer.send(&event);
        }
        peer
    });
    let mut heard = 0;
    client.wait(Some(PATIENCE)).unwrap();
    client.begin_turn();
    for _ in 0..10 {
        // A callback that takes its time, and says something at its end.
        std::thread::sleep(Duration::from_millis(30));
        publish(&client, args("[]"));
        heard += std::iter::from_fn(|| client.next_notice()).count();
    }
    client.end_turn();
    assert!((1..=6).contains(&heard), "{heard} MB in a turn");
    assert_eq!(notices(&client, EVENTS - heard).len(), EVENTS - heard);
    talking.join().unwrap();
}
