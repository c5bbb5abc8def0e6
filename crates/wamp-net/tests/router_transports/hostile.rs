//! What does not belong on the line.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::Limits;
use wamp_proto::{Message, Serializer, reason};

use crate::raw::{MESSAGE, PING, PONG, Peer, frame, hello, in_time, line, raw_router};

#[tokio::test]
async fn each_refusal_of_the_handshake_is_said() {
    let router = raw_router(Limits::default());
    let cases: [(&[u8], &[u8]); 5] = [
        (&[0x7f, 0xf0, 0, 0], &[0x7f, 0x10, 0, 0]),
        (&[0x7f, 0xf9, 0, 0], &[0x7f, 0x10, 0, 0]),
        (&[0x7f, 0xf1, 0, 1], &[0x7f, 0x30, 0, 0]),
        (b"GET /ws HTTP/1.1\r\n\r\n", b""),
        (&[0x7f], b""),
    ];
    for (octets, expected) in cases {
        let mut line = line(router.url()).await;
        line.write_all(octets).await.unwrap();
        line.shutdown().await.unwrap();
        let mut answer = Vec::new();
        in_time(line.read_to_end(&mut answer)).await.unwrap();
        assert_eq!(answer, expected, "{octets:?}");
    }
}

#[tokio::test]
async fn what_breaks_the_framing_aborts_the_session() {
    let router = raw_router(Limits::default());
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    let broken: [&[u8]; 7] = [
        &[0x80, 0, 0, 0],
        &[0x10, 0, 0, 1, b'x'],
        &[3, 0, 0, 1, b'x'],
        &[7, 0, 0, 0],
        &[8, 0, 0, 1],
        &[MESSAGE, 0, 0, 0],
        &[MESSAGE, 0, 0, 2, b'"', 0xff],
    ];
    for (count, bytes) in broken.into_iter().enumerate() {
        let mut peer = Peer::join(router.url(), Serializer::Json).await;
        peer.write(bytes).await;
        let Message::Abort(abort) = peer.receive().await else { panic!("no ABORT for {bytes:?}") };
        assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
        peer.ended().await;
        assert_eq!(router.stats().protocol_errors, count as u64 + 1);
    }
    other.subscribe("a.topic").await;
    assert_eq!(router.stats().sessions, 1);
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::connect(router.url(), Serializer::MsgPack).await;
    let hello = Serializer::MsgPack.encode(&hello()).unwrap();
    for bytes in [frame(PING, b"are you there?"), frame(MESSAGE, &hello)].concat().chunks(1) {
        peer.write(bytes).await;
    }
    assert_eq!(peer.frame().await, Some((PONG, b"are you there?".to_vec())));
    assert!(matches!(peer.receive().await, Message::Welcome(_)));
}

#[tokio::test]
async fn a_ping_of_any_size_is_answered_with_what_it_says() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    for size in [0, 1, 126, 100_000, 2 << 20] {
        let said = vec![7; size];
        peer.write(&frame(PING, &said)).await;
        assert!(peer.frame().await == Some((PONG, said)), "{size} bytes");
    }
}

#[tokio::test]
async fn pings_without_end_do_not_stop_the_session() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    let pings = frame(PING, &[7; 100]).repeat(100);
    for _ in 0..100 {
        peer.write(&pings).await;
        for _ in 0..100 {
            assert_eq!(peer.frame().await, Some((PONG, vec![7; 100])));
        }
    }
    peer.subscribe("a.topic").await;
}

#[tokio::test]
async fn who_stops_in_the_midst_is_dropped_in_time() {
    let limits = Limits { join_timeout: Duration::from_millis(100), ..Limits::default() };
    let router = raw_router(limits);
    let silent = line(router.url()).await;
    let mut half = line(router.url()).await;
    half.write_all(&[0x7f, 0xf1]).await.unwrap();
    let mut no_hello = Peer::connect(router.url(), Serializer::Json).await;
    no_hello.write(&[MESSAGE, 0, 0, 100, b'[']).await;
    for mut line in [silent, half, no_hello.wire.line] {
        let end = in_time(line.read(&mut [0; 16])).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}

#[tokio::test]
async fn who_has_no_session_cannot_send_much() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::connect(router.url(), Serializer::Json).await;
    peer.write(&[MESSAGE, 1, 0x86, 0xa0]).await;
    assert!(matches!(peer.receive().await, Message::Abort(_)));
    peer.ended().await;
}

#[tokio::test]
async fn a_half_frame_ends_with_its_connection() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.write(&[MESSAGE, 0, 1, 0, b'[', b'1']).await;
    in_time(peer.wire.line.shutdown()).await.unwrap();
    peer.ended().await;
    assert_eq!(router.stats().protocol_errors, 0);
}
