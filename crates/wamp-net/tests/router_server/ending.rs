//! Leaving, dead peers, and the end of the router.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wamp_net::router::{Limits, Router};
use wamp_proto::message::Goodbye;
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::peer::{Peer, config, in_time, router, stop};

fn goodbye(reason: &'static str) -> Message {
    Message::Goodbye(Goodbye { details: Dict::new(), reason: reason.into() })
}

#[tokio::test]
async fn goodbye_is_answered_and_the_connection_closed() {
    let router = router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.send(goodbye(reason::CLOSE_REALM)).await;
    let Message::Goodbye(answer) = peer.receive().await else { panic!("no GOODBYE") };
    assert_eq!(answer.reason, reason::GOODBYE_AND_OUT);
    assert_eq!(u16::from(peer.closed().await.code), 1000);
}

#[tokio::test]
async fn stopping_says_goodbye_and_frees_the_port() {
    let router = router(Limits::default());
    let url = router.url().to_owned();
    let mut peer = Peer::join(&url, Serializer::MsgPack).await;
    let stopped = tokio::spawn(stop(router));
    let Message::Goodbye(farewell) = peer.receive().await else { panic!("no GOODBYE") };
    assert_eq!(farewell.reason, reason::SYSTEM_SHUTDOWN);
    peer.send(goodbye(reason::GOODBYE_AND_OUT)).await;
    peer.closed().await;
    in_time(stopped).await.unwrap();
    assert!(TcpStream::connect(url.split('/').nth(2).unwrap()).await.is_err());
    let again = Router::start(config(&url)).unwrap();
    Peer::join(again.url(), Serializer::Json).await;
}

#[tokio::test]
async fn stopping_waits_for_nobody_longer_than_the_limit() {
    let router = router(Limits { close_timeout: Duration::from_millis(100), ..Limits::default() });
    let _deaf = Peer::join(router.url(), Serializer::Json).await;
    let _undecided = Peer::connect(router.url(), Serializer::Json).await;
    let begin = Instant::now();
    stop(router).await;
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_dropped_router_frees_its_port_too() {
    let router = router(Limits::default());
    let url = router.url().to_owned();
    let mut peer = Peer::join(&url, Serializer::Json).await;
    std::thread::spawn(move || drop(router)).join().unwrap();
    Router::start(config(&url)).unwrap();
    assert!(matches!(peer.receive().await, Message::Goodbye(_)));
}

#[tokio::test]
async fn a_peer_that_does_not_answer_pings_is_dropped() {
    let quick = Some(Duration::from_millis(100));
    let limits = Limits { ping_interval: quick, ping_timeout: Duration::from_secs(1), ..Limits::default() };
    let router = router(limits);
    let mut alive = Peer::join(router.url(), Serializer::Json).await;
    let reading = tokio::spawn(async move { alive.receive().await });
    let mut dead = Peer::join(router.url(), Serializer::Json).await.wire.into_inner();
    let mut seen = Vec::new();
    // Dropped with a reset or an end, whatever the kernel makes of it.
    let _ = in_time(dead.read_to_end(&mut seen)).await;
    assert_eq!(seen, [0x89, 0]);
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    assert_eq!(router.stats().sessions, 2);
    publisher.subscribe("a.topic").await;
    assert!(!reading.is_finished());
    reading.abort();
}
