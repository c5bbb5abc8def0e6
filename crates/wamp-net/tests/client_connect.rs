//! From a URL to a session: what is asked for, what is refused, and in which words.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use client_support::*;
use wamp_net::client::{Client, NetOptions, UrlError};
use wamp_proto::Serializer;
use wamp_proto::client::{Notice, State};

/// A client whose first attempt fails, with the text of its only notice.
fn failure(url: &str, options: NetOptions) -> String {
    let client = Client::new(settings(), options);
    client.connect(url).unwrap();
    let error = error(&client);
    assert_eq!(state(&client), State::Idle);
    error
}

/// The client's request, read to its end.
fn request(tcp: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tcp.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    String::from_utf8(request).unwrap()
}

/// The failure when the server answers the request with that text.
fn failure_of_answer(answer: &'static str) -> String {
    let server = Server::start();
    let url = server.url();
    let answering = std::thread::spawn(move || {
        let mut tcp = server.accept_raw();
        request(&mut tcp);
        tcp.write_all(answer.as_bytes()).unwrap();
    });
    let failure = failure(&url, NetOptions::default());
    answering.join().unwrap();
    failure.replace(url.strip_prefix("ws://").unwrap().strip_suffix("/ws").unwrap(), "HOST")
}

#[test]
fn the_request_is_the_one_routers_know() {
    let server = Server::start();
    let options = NetOptions {
        headers: vec![("Authorization".into(), "Bearer x".into()), ("Cookie".into(), "a=b".into())],
        ..NetOptions::default()
    };
    let client = Client::new(settings(), options);
    client.connect(&format!("{}?key=1", server.url())).unwrap();
    let peer = server.accept();
    assert_eq!(peer.header("path"), Some("/ws?key=1"));
    assert_eq!(peer.header("host"), Some(server.address().to_string().as_str()));
    assert_eq!(peer.header("sec-websocket-protocol"), Some("wamp.2.json, wamp.2.msgpack"));
    assert_eq!(peer.header("sec-websocket-version"), Some("13"));
    assert_eq!(peer.header("authorization"), Some("Bearer x"));
    assert_eq!(peer.header("cookie"), Some("a=b"));
    assert_eq!(peer.header("origin"), None);
    assert_eq!(peer.header("sec-websocket-extensions"), None);
}

#[test]
fn the_router_chooses_among_the_offered() {
    let server = Server::start();
    let mut settings = settings();
    settings.serializers = vec![Serializer::MsgPack, Serializer::Json];
    let client = Client::new(settings, NetOptions::default());
    client.connect(&server.url()).unwrap();
    let mut peer = server.accept_with(Some("wamp.2.json"));
    assert_eq!(peer.header("sec-websocket-protocol"), Some("wamp.2.msgpack, wamp.2.json"));
    peer.welcome(3);
    assert_eq!(notice(&client), Notice::Joined { first: true });
    assert_eq!(client.command(|machine, _| machine.payload_serializer()), Serializer::Json);
}

#[test]
fn connection_refused() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(failure(&format!("ws://127.0.0.1:{port}/"), NetOptions::default()), "connection refused");
    assert_eq!(failure(&format!("ws://localhost:{port}/"), NetOptions::default()), "connection refused");
}

#[test]
fn an_answer_without_a_valid_key() {
    const WRONG: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: bm90IHRoZSBrZXk=\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n";
    assert_eq!(failure_of_answer(WRONG), "accept failed");
    assert_eq!(failure_of_answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "accept failed");
    assert_eq!(failure_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "accept failed");
}

#[test]
fn an_answer_that_is_none() {
    let closed = "HOST: WebSocket handshake failed: the server closed the connection";
    assert_eq!(failure_of_answer(""), closed);
    assert_eq!(failure_of_answer("HTTP/1.1 101 Swi"), closed);
    let garbage = failure_of_answer("220 mail.example.org ESMTP\r\n\r\n");
    assert!(garbage.starts_with("HOST: WebSocket handshake failed: "), "{garbage}");
}

#[test]
fn no_common_serializer() {
    for (chosen, said) in [
        (None, "no common serializer (the server chose none)"),
        (Some("wamp.2.cbor"), "no common serializer (the server chose one that was not offered)"),
    ] {
        let server = Server::start();
        let client = client();
        client.connect(&server.url()).unwrap();
        let _peer = server.accept_with(chosen);
        assert_eq!(error(&client), format!("{}: {said}", server.address()));
    }
}

#[test]
fn a_server_that_never_answers() {
    let server = Server::start();
    let limit = Duration::from_millis(200);
    let options = NetOptions { connect_timeout: limit, ..NetOptions::default() };
    let begin = Instant::now();
    let expected = format!("{}: no connection within 0.2 s", server.address());
    assert_eq!(failure(&server.url(), options), expected);
    assert!((limit..PATIENCE / 2).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[test]
fn unknown_hosts_and_schemes() {
    let unknown = failure("ws://router.invalid/", NetOptions::default());
    assert!(unknown.starts_with("host not found: router.invalid ("), "{unknown}");
    let scheme = failure("http://127.0.0.1/", NetOptions::default());
    assert_eq!(scheme, "bad protocol: http (expected ws, wss, tcp, tls, unix, ws+unix or local)");
}

#[test]
fn headers_that_are_not_the_programs() {
    for (name, value) in [("Sec-WebSocket-Key", "x"), ("upgrade", "x"), ("a b", "x"), ("a", "x\r\ny: z")] {
        let options = NetOptions { headers: vec![(name.into(), value.into())], ..NetOptions::default() };
        assert_eq!(failure("ws://127.0.0.1:9/", options), format!("header not allowed: {name}"));
    }
}

#[test]
fn what_is_no_url_is_refused_at_once() {
    let client = client();
    assert_eq!(client.connect("not-a-url"), Err(UrlError("not-a-url".into())));
    assert_eq!(state(&client), State::Idle);
}

#[test]
fn a_client_that_leaves_while_it_connects() {
    let server = Server::start();
    let client = client();
    client.connect(&server.url()).unwrap();
    let mut tcp = server.accept_raw();
    client.command(|machine, now| machine.disconnect(now));
    assert_eq!(notice(&client), Notice::Closed);
    // The attempt was given up, with its connection.
    while tcp.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {}
    expect_silence(&client, Duration::from_millis(30));
    assert_eq!(state(&client), State::Idle);
}

#[test]
fn a_dropped_client_gives_its_attempt_up() {
    let server = Server::start();
    let client = client();
    client.connect(&server.url()).unwrap();
    let mut tcp = server.accept_raw();
    drop(client);
    while tcp.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {}
}

#[test]
fn a_router_that_dies_is_found_again_on_the_same_port() {
    let server = Server::start();
    let (client, mut peer) = joined(&server);
    subscribe(&client, &mut peer);
    let address = server.address();
    drop(server);
    drop(peer);
    assert_eq!(notice(&client), Notice::Reconnecting { attempt: 1 });
    client.command(|machine, now| machine.proceed(now));
    assert_eq!(error(&client), "connection refused");
    let server = Server::start_at(address);
    assert_eq!(notice(&client), Notice::Reconnecting { attempt: 2 });
    let mut peer = server.join();
    peer.expect("[32,1,{},\"t\"");
    peer.send("[33,1,5]");
    peer.send("[36,5,1,{},[\"again\"]]");
    let mut all = Vec::new();
    while !matches!(all.last(), Some(Notice::Event { .. })) {
        all.extend(turn(&client, PATIENCE));
    }
    assert!(all.contains(&Notice::Joined { first: false }));
}

#[test]
fn a_hundred_clients_at_once() {
    let server = Server::start();
    let clients: Vec<_> = (0..100).map(|_| client()).collect();
    for client in &clients {
        client.connect(&server.url()).unwrap();
    }
    let peers: Vec<_> = clients.iter().map(|_| server.join()).collect();
    for client in &clients {
        assert_eq!(notice(client), Notice::Joined { first: true });
    }
    assert_eq!(peers.len(), 100);
}
