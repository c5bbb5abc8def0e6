//! Connections that never get as far as a session, because of TLS.

use std::time::Duration;

use rustls::ClientConnection;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wamp_net::router::{Limits, Router, RouterErrorKind};
use wamp_proto::{Message, Serializer};

use crate::peer::{CERTIFICATE, Peer, config, fresh, in_time, router, tcp, trust};

/// The first byte of an alert.
const ALERT: u8 = 0x15;

/// What a client says first.
fn client_hello() -> Vec<u8> {
    let mut bytes = Vec::new();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    ClientConnection::new(trust(), name).unwrap().write_tls(&mut bytes).unwrap();
    bytes
}

async fn connections(router: &Router, wanted: u64) {
    in_time(async {
        while router.stats().connections != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Everything that the router says until it ends the connection.
async fn rest(tcp: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    // With an end or a reset.
    let _ = in_time(tcp.read_to_end(&mut all)).await;
    all
}

#[tokio::test]
async fn what_is_no_tls_is_answered_by_an_alert_and_nobody_else_notices() {
    let router = router(Limits::default());
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    let hello = client_hello();
    let cases = [
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".to_vec(),
        vec![0xff; 100_000],
        vec![0; 100_000],
        // A record that is longer than records may be, and a greeting of another version in a good one.
        [b"\x16\x03\x01\xff\xff".as_slice(), &hello[5..]].concat(),
        b"\x16\x03\x01\x00\x08\x01\x00\x00\x04\x01\x00\x00\x00".to_vec(),
    ];
    for garbage in cases {
        let mut tcp = tcp(router.url()).await;
        // The router may have heard enough before all of it is written.
        let _ = in_time(tcp.write_all(&garbage)).await;
        let answer = in_time(tcp.read_u8()).await.unwrap();
        assert_eq!(answer, ALERT, "{:?}", &garbage[..8]);
    }
    connections(&router, 1).await;
    other.subscribe("a.topic").await;
}

#[tokio::test]
async fn who_does_not_finish_the_handshake_in_time_is_dropped() {
    let router = router(Limits { join_timeout: Duration::from_millis(300), ..Limits::default() });
    let hello = client_hello();
    let beginnings = [&[], &hello[..3], &hello[..hello.len() / 2], &hello];
    let mut waiting = Vec::new();
    for beginning in beginnings {
        let mut tcp = tcp(router.url()).await;
        tcp.write_all(beginning).await.unwrap();
        waiting.push(tcp);
    }
    for mut tcp in waiting {
        rest(&mut tcp).await;
    }
    connections(&router, 0).await;
}

#[tokio::test]
async fn who_goes_within_the_handshake_is_forgotten() {
    let router = router(Limits::default());
    let hello = client_hello();
    for end in [0, 3, hello.len() / 2, hello.len()] {
        let mut tcp = tcp(router.url()).await;
        connections(&router, 1).await;
        tcp.write_all(&hello[..end]).await.unwrap();
        tcp.shutdown().await.unwrap();
        rest(&mut tcp).await;
        connections(&router, 0).await;
    }
}

#[tokio::test]
async fn a_greeting_without_end_is_cut_off() {
    let router = router(Limits { join_timeout: Duration::from_millis(300), ..Limits::default() });
    let mut tcp = tcp(router.url()).await;
    // The head of a ClientHello of 16 MB, in records of 16 kB.
    let mut record = vec![0x16, 3, 1, 0x40, 0];
    record.resize(5 + 0x4000, 0);
    record[5..9].copy_from_slice(&[1, 0xff, 0xff, 0xff]);
    while in_time(tcp.write_all(&record)).await.is_ok() {
        record[5..9].fill(0);
    }
    connections(&router, 0).await;
}

#[test]
fn a_router_without_a_usable_certificate_does_not_start() {
    let mut config = config(&fresh("/ws"));
    let mut error = |tls| {
        config.tls = tls;
        Router::start(config.clone()).unwrap_err()
    };
    let missing = error(None);
    assert_eq!(missing.kind(), RouterErrorKind::BadOption);
    assert!(missing.to_string().contains("\"tls\": wss:// needs"), "{missing}");
    let mut tls = CERTIFICATE.clone();
    tls.key = "/no/such/key.pem".into();
    let unreadable = error(Some(tls)).to_string();
    assert!(unreadable.contains("\"tls.key\": /no/such/key.pem: "), "{unreadable}");
}

#[tokio::test]
async fn a_ws_client_is_not_let_in_by_a_wss_address() {
    let router = router(Limits::default());
    let request = b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n";
    let mut tcp = tcp(router.url()).await;
    tcp.write_all(request).await.unwrap();
    let mut alert = [0; 7];
    in_time(tcp.read_exact(&mut alert)).await.unwrap();
    assert_eq!(alert[0], ALERT);
    // What was said is all: no session, and no more of an answer.
    tcp.shutdown().await.unwrap();
    assert!(rest(&mut tcp).await.is_empty());
    let mut peer = Peer::join(router.url(), Serializer::MsgPack).await;
    peer.send(peer.publication(1, "a.topic", vec![])).await;
    assert!(matches!(peer.receive().await, Message::Published(_)));
    assert_eq!(router.stats().sessions, 1);
}
