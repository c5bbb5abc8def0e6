//! What does not belong on the line.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame};
use wamp_net::router::{Limits, Router};
use wamp_proto::message::Yield;
use wamp_proto::{Dict, Message, Payload, Serializer, reason};

use crate::peer::{Peer, id, in_time, line, router};

async fn closing_code_after(router: &Router, serializer: Serializer, frame: Frame) -> u16 {
    let mut peer = Peer::join(router.url(), serializer).await;
    in_time(peer.wire.send(frame)).await.unwrap();
    peer.closed().await.code.into()
}

#[tokio::test]
async fn an_oversized_message_closes_with_1009() {
    let router = router(Limits { max_message_size: 1000, ..Limits::default() });
    let large = |len: usize| Frame::text("x".repeat(len));
    assert_eq!(closing_code_after(&router, Serializer::Json, large(1001)).await, 1009);
    assert_eq!(closing_code_after(&router, Serializer::Json, large(8 << 20)).await, 1009);
}

#[tokio::test]
async fn who_has_no_session_cannot_send_much() {
    let router = router(Limits::default());
    let mut peer = Peer::connect(router.url(), Serializer::Json).await;
    in_time(peer.wire.send(Frame::text("x".repeat(100_000)))).await.unwrap();
    assert_eq!(u16::from(peer.closed().await.code), 1009);
}

#[tokio::test]
async fn the_wrong_kind_of_frame_closes_with_1003() {
    let router = router(Limits::default());
    let binary = Frame::binary(b"[]".to_vec());
    assert_eq!(closing_code_after(&router, Serializer::Json, binary).await, 1003);
    for serializer in [Serializer::MsgPack, Serializer::Cbor] {
        assert_eq!(closing_code_after(&router, serializer, Frame::text("[]")).await, 1003);
    }
}

#[tokio::test]
async fn what_is_no_message_aborts_the_session() {
    let router = router(Limits::default());
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    for garbage in ["", "{", "[]", "[16]", "[999,1]", "[32,-1,{},\"a.b\"]", "[32,1,7,\"a.b\"]"] {
        let mut peer = Peer::join(router.url(), Serializer::Json).await;
        in_time(peer.wire.send(Frame::text(garbage))).await.unwrap();
        let Message::Abort(abort) = peer.receive().await else { panic!("no ABORT for {garbage:?}") };
        assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
        assert_eq!(u16::from(peer.closed().await.code), 1002);
    }
    other.subscribe("a.topic").await;
    assert_eq!(router.stats().sessions, 1);
}

#[tokio::test]
async fn a_message_out_of_place_aborts_the_session() {
    let router = router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::MsgPack).await;
    let payload = Payload::empty(Serializer::MsgPack);
    peer.send(Message::Yield(Yield { request: id(7), options: Dict::new(), payload })).await;
    let Message::Abort(abort) = peer.receive().await else { panic!("no ABORT") };
    assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
    peer.closed().await;
}

async fn answer_to(router: &Router, request: &str) -> String {
    let mut line = line(router.url()).await;
    line.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time(line.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn who_does_not_ask_for_a_websocket_gets_an_http_answer() {
    let router = router(Limits::default());
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let plain = answer_to(&router, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(plain.starts_with("HTTP/1.1 426 Upgrade Required\r\n") && plain.contains("WAMP router"), "{plain}");
    let elsewhere = answer_to(&router, &format!("GET /other HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n")).await;
    assert!(elsewhere.starts_with("HTTP/1.1 404 Not Found\r\n"), "{elsewhere}");
    let no_subprotocol = answer_to(&router, &format!("GET /ws HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n")).await;
    assert!(no_subprotocol.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{no_subprotocol}");
    assert!(no_subprotocol.contains("wamp.2.json, wamp.2.msgpack and wamp.2.cbor"), "{no_subprotocol}");
}

#[tokio::test]
async fn who_does_not_join_in_time_is_dropped() {
    let router = router(Limits { join_timeout: Duration::from_millis(100), ..Limits::default() });
    let mut silent = line(router.url()).await;
    let mut slow = line(router.url()).await;
    slow.write_all(b"GET /ws HTTP/1.1\r\nHo").await.unwrap();
    let mut no_hello = Peer::connect(router.url(), Serializer::Json).await.wire.into_inner();
    for stream in [&mut silent, &mut slow, &mut no_hello] {
        let end = in_time(stream.read(&mut [0; 16])).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}

#[tokio::test]
async fn pings_are_answered_with_what_they_say_and_without_end() {
    let router = router(Limits::default());
    for joined in [true, false] {
        let mut peer = Peer::connect(router.url(), Serializer::Json).await;
        if joined {
            peer = peer.joined().await;
        }
        for round in 0..100_usize {
            let said = |n: usize| Bytes::from(vec![n as u8; (round + n) % 126]);
            for n in 0..100 {
                in_time(peer.wire.feed(Frame::Ping(said(n)))).await.unwrap();
            }
            in_time(peer.wire.flush()).await.unwrap();
            for n in 0..100 {
                assert_eq!(in_time(peer.wire.next()).await.unwrap().unwrap(), Frame::Pong(said(n)));
            }
        }
        let mut peer = if joined { peer } else { peer.joined().await };
        // Nobody has asked for that one.
        in_time(peer.wire.send(Frame::Pong(Bytes::from_static(b"here I am")))).await.unwrap();
        peer.subscribe("a.topic").await;
    }
}
