//! A client in a session: what goes out and comes in, and when.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::io::Write;
use std::time::Duration;

use client_support::*;
use tokio_tungstenite::tungstenite::protocol::Message;
use wamp_net::client::{Client, NetOptions};
use wamp_proto::client::{Notice, Refused, State};
use wamp_proto::{Dict, Serializer};

#[test]
fn a_call_is_answered() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    let call = client.command(|machine, now| machine.call("add", args("[1,2]"), Dict::new(), now)).unwrap();
    assert_eq!(peer.text(), "[48,1,{},\"add\",[1,2]]");
    peer.send("[50,1,{},[3]]");
    match notice(&client) {
        Notice::Result { request, payload, progress: false, .. } => {
            assert_eq!((request, payload.args.unwrap().as_ref()), (call, &b"[3]"[..]));
        }
        other => panic!("{other:?}"),
    }
    expect_silence(&client, Duration::from_millis(30));
}

#[test]
fn messagepack_travels_in_binary_frames() {
    let server = Server::start();
    let mut settings = settings();
    settings.serializers = vec![Serializer::MsgPack, Serializer::Json];
    let client = Client::new(settings, NetOptions::default());
    client.connect(&server.url()).unwrap();
    let mut peer = server.accept_with(Some("wamp.2.msgpack"));
    assert_eq!(peer.header("sec-websocket-protocol"), Some("wamp.2.msgpack, wamp.2.json"));
    let Message::Binary(hello) = peer.message() else { panic!() };
    assert_eq!(hello[..2], [0x93, 0x01]);
    peer.socket.send(Message::binary(vec![0x93, 0x02, 0x09, 0x80])).unwrap();
    assert_eq!(notice(&client), Notice::Joined { first: true });
}

#[test]
fn what_is_said_is_written_inside_the_call() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    for i in 0..20 {
        publish(&client, args(format!("[{i}]")));
        assert!(peer.waiting() > 0, "message {i} was not sent at once");
        peer.expect("[16,");
    }
}

#[test]
fn a_turn_leaves_in_one_write() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    client.begin_turn();
    assert_eq!(client.next_notice(), None);
    for i in 0..3 {
        publish(&client, args(format!("[{i}]")));
    }
    assert_eq!(peer.waiting(), 0);
    client.end_turn();
    assert!(peer.waiting() > 3 * 20);
    for i in 0..3 {
        assert_eq!(peer.text(), format!("[16,{},{{}},\"t\",[{i}]]", i + 1));
    }
}

#[test]
fn a_long_turn_holds_nothing_back() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    client.begin_turn();
    publish(&client, args("[1]"));
    // The turn goes on, but the guard looks after a moment.
    peer.expect("[16,1");
    publish(&client, args("[2]"));
    assert!(peer.waiting() > 0, "a turn that is known to be long still gathers");
    client.end_turn();
}

#[test]
fn a_turn_that_follows_a_short_one_may_be_long() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    client.begin_turn();
    publish(&client, args("[1]"));
    client.end_turn();
    client.begin_turn();
    publish(&client, args("[2]"));
    peer.expect("[16,1");
    peer.expect("[16,2");
    client.end_turn();
}

#[test]
fn events_come_in_order_and_in_bounded_turns() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    for i in 0..3000 {
        peer.send(format!("[36,77,{},{{}},[{i}]]", i + 1));
    }
    let mut seen = 0;
    while seen < 3000 {
        let notices = turn(&client, PATIENCE);
        assert!(notices.len() <= 1024, "one turn brought {}", notices.len());
        for notice in notices {
            let Notice::Event { subscription: 1, payload, .. } = notice else { panic!("{notice:?}") };
            assert_eq!(payload.args.unwrap(), format!("[{seen}]"));
            seen += 1;
        }
    }
}

#[test]
fn large_messages_go_both_ways() {
    const SIZE: usize = 5 << 20;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    let router = std::thread::spawn(move || {
        // The router is slow to read, so that the client's writes are partial.
        std::thread::sleep(Duration::from_millis(100));
        let received = peer.text();
        peer.send(format!("[36,77,1,{{}},[\"{}\"]]", "y".repeat(SIZE)));
        (received.len(), peer)
    });
    publish(&client, large(SIZE));
    publish(&client, args("[2]"));
    match notice(&client) {
        Notice::Event { payload, .. } => assert_eq!(payload.args.unwrap().len(), SIZE + 4),
        other => panic!("{other:?}"),
    }
    let (received, mut peer) = router.join().unwrap();
    assert!(received > SIZE);
    assert_eq!(peer.text(), "[16,3,{},\"t\",[2]]");
}

#[test]
fn a_large_message_leaves_while_the_program_is_away() {
    const SIZE: usize = 12 << 20;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    publish(&client, large(SIZE));
    assert!(peer.text().len() > SIZE);
    drop(client);
}

#[test]
fn what_a_dropped_client_has_said_still_arrives() {
    const SIZE: usize = 12 << 20;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    publish(&client, large(SIZE));
    publish(&client, args("[2]"));
    drop(client);
    assert!(peer.text().len() > SIZE);
    assert_eq!(peer.text(), "[16,2,{},\"t\",[2]]");
    assert!(peer.is_closed_by_client());
}

#[test]
fn what_a_dropped_client_has_said_arrives_though_its_peer_talks_on() {
    // The system takes it all at once, so that nothing is left to the guard but the end.
    const SIZE: usize = 200_000;
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    publish(&client, large(SIZE));
    drop(client);
    for _ in 0..3 {
        peer.send("[36,77,1,{}]");
    }
    assert!(peer.text().len() > SIZE);
    assert!(peer.is_closed_by_client());
}

#[test]
fn a_peer_that_does_not_read_makes_requests_fail() {
    let server = Server::start();
    let mut settings = settings();
    settings.max_queued_bytes = 1 << 20;
    let (client, mut peer) = joined_with(Client::new(settings, NetOptions::default()), &server);
    let publish = |i: usize| client.command(|machine, now| machine.publish("t", large(i), Dict::new(), now));
    // The system may have more room a moment later, so the first refusal is what counts.
    let (sent, refused) = (0..1000).find_map(|i| publish(100_000).err().map(|why| (i, why))).unwrap();
    assert!((10..200).contains(&sent), "{sent} messages of 100 kB were accepted");
    assert_eq!(refused, Refused::QueueFull);
    for _ in 0..sent {
        assert!(peer.text().len() > 100_000);
    }
    publish(1).unwrap();
    peer.expect("[16,");
}

#[test]
fn the_end_of_a_session_is_a_handshake() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    client.command(|machine, now| machine.disconnect(now));
    peer.expect("[6,{},\"wamp.close.system_shutdown\"");
    peer.send("[6,{},\"wamp.close.goodbye_and_out\"]");
    let closed = std::thread::spawn(move || {
        let Message::Close(Some(frame)) = peer.message() else { panic!() };
        assert!(peer.is_closed_by_client());
        u16::from(frame.code)
    });
    assert_eq!(notice(&client), Notice::Closed);
    assert_eq!(closed.join().unwrap(), 1000);
    assert_eq!(state(&client), State::Idle);
}

#[test]
fn a_router_that_does_not_answer_the_closing_handshake_is_left() {
    let server = Server::start();
    let mut settings = settings();
    settings.close_timeout = Duration::from_millis(100);
    let (client, mut peer) = joined_with(Client::new(settings, NetOptions::default()), &server);
    client.command(|machine, now| machine.disconnect(now));
    assert_eq!(notice(&client), Notice::Closed);
    peer.expect("[6,");
    assert!(matches!(peer.message(), Message::Close(_)));
}

#[test]
fn a_frame_that_is_too_large_is_an_error() {
    let server = Server::start();
    let options = NetOptions { max_message_size: 1000, ..NetOptions::default() };
    let mut settings = settings();
    settings.auto_reconnect = false;
    let (client, mut peer) = joined_with(Client::new(settings, options), &server);
    peer.send(format!("[36,1,1,{{}},[\"{}\"]]", "x".repeat(1000)));
    let error = "message too large: 1016 bytes, the limit is 1000".into();
    assert_eq!(notices(&client, 2), [Notice::Error { error, details: None }, Notice::Closed]);
    let Message::Close(Some(frame)) = peer.message() else { panic!() };
    assert_eq!(u16::from(frame.code), 1009);
}

/// The notices after the router sent these bytes in a session.
fn notices_after(bytes: &[u8]) -> Vec<Notice> {
    let server = Server::start();
    let mut settings = settings();
    settings.auto_reconnect = false;
    settings.close_timeout = Duration::from_millis(50);
    let (client, mut peer) = joined_with(Client::new(settings, NetOptions::default()), &server);
    peer.socket.get_mut().write_all(bytes).unwrap();
    notices(&client, 2)
}

#[test]
fn what_breaks_the_protocol_is_an_error_and_the_end() {
    let big_ping: Vec<u8> = [0x89, 126, 0, 126].into_iter().chain([0; 126]).collect();
    let broken: [(&[u8], &str); 8] = [
        (&[0xC1, 1, b'x'], "WebSocket protocol error: Reserved bits are non-zero"),
        (&[0x81, 0x81, 1, 2, 3, 4, b'x'], "WebSocket protocol error: Received a masked frame from server"),
        (&[0x80, 1, b'x'], "WebSocket protocol error: Continue frame but nothing to continue"),
        (&[0x83, 1, b'x'], "WebSocket protocol error: Encountered invalid opcode: 3"),
        (&[0x09, 0], "WebSocket protocol error: Fragmented control frame"),
        (&big_ping, "WebSocket protocol error: Control frame too big"),
        (&[0x81, 1, 0xFF], "UTF-8 encoding error"),
        (&[0x81, 2, b'[', b'7'], "wamp.error.protocol_violation"),
    ];
    for (bytes, text) in broken {
        match &notices_after(bytes)[..] {
            [Notice::Error { error, .. }, Notice::Closed] => assert!(error.starts_with(text), "{error} for {bytes:?}"),
            other => panic!("{other:?} for {bytes:?}"),
        }
    }
}

#[test]
fn a_connection_that_just_ends_is_no_error() {
    let server = Server::start();
    let mut settings = settings();
    settings.auto_reconnect = false;
    let (client, peer) = joined_with(Client::new(settings.clone(), NetOptions::default()), &server);
    drop(peer);
    assert_eq!(notice(&client), Notice::Closed);
    let (client, mut peer) = joined_with(client, &server);
    peer.socket.close(None).unwrap();
    assert_eq!(notice(&client), Notice::Closed);
    assert!(peer.is_closed_by_client(), "the close frame was not answered");
}

#[test]
fn one_descriptor_for_a_whole_life() {
    let server = Server::start();
    let client = client();
    let fd = client.fd().unwrap();
    let (client, peer) = joined_with(client, &server);
    drop(peer);
    assert_eq!(notice(&client), Notice::Reconnecting { attempt: 1 });
    client.command(|machine, now| machine.proceed(now));
    let _peer = server.join();
    assert_eq!(notice(&client), Notice::Joined { first: false });
    assert_eq!(client.fd().unwrap(), fd);
}

#[test]
fn closing_now_is_final_and_can_be_repeated() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    publish(&client, args("[1]"));
    client.close_now();
    client.close_now();
    peer.expect("[16,1");
    assert!(!peer.is_closed_by_client());
    assert_eq!(state(&client), State::Idle);
    expect_silence(&client, Duration::from_millis(30));
    let (client, _peer) = joined_with(client, &server);
    drop(client);
}
