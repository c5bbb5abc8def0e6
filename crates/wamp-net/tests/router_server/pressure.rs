//! Clients that do not read, and many clients.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use wamp_net::router::{Limits, Router};
use wamp_proto::{Dict, Message, Serializer, Value, reason};

use crate::peer::{Peer, in_time, router, stop};

/// Publishes with acknowledgement, one after the other.
async fn publish(publisher: &mut Peer, count: u64, size: usize) {
    let filler = "x".repeat(size);
    for n in 1..=count {
        let args = vec![n.into(), filler.as_str().into()];
        publisher.send(publisher.publication(n, "a.topic", args)).await;
        assert!(matches!(publisher.receive().await, Message::Published(_)));
    }
}

fn number(peer: &Peer, message: &Message) -> u64 {
    let Message::Event(event) = message else { panic!("no event: {message:?}") };
    peer.args(&event.payload)[0].as_u64().unwrap()
}

#[tokio::test]
async fn a_subscriber_that_stops_reading_costs_its_queue_and_stalls_nobody() {
    const EVENTS: u64 = 1000;
    let router = router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut sleeper = Peer::join(router.url(), Serializer::Json).await;
    sleeper.subscribe("a.topic").await;
    let mut reader = Peer::join(router.url(), Serializer::Json).await;
    reader.subscribe("a.topic").await;
    let reading = tokio::spawn(async move {
        for n in 1..=EVENTS {
            let event = reader.receive().await;
            assert_eq!(number(&reader, &event), n);
        }
    });
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    publish(&mut publisher, EVENTS, 64 << 10).await;
    in_time(reading).await.unwrap();

    // 64 MB were published: what the sleeper finds is what the kernel and its queue held, in order.
    let dropped = router.stats().dropped_events;
    assert!(dropped > 0 && dropped < EVENTS);
    let mut last = 0;
    for _ in 0..EVENTS - dropped {
        let event = sleeper.receive().await;
        let n = number(&sleeper, &event);
        assert!(n > last);
        last = n;
    }
    // It is a session like any other again.
    sleeper.subscribe("another.topic").await;
    assert_eq!(router.stats().dropped_sessions, 0);
}

/// One session may have very many subscriptions that match one topic. What it cannot take must not be encoded for it:
/// these events are 8 GB, which nobody could transcode in time.
#[tokio::test]
async fn a_publication_that_matches_a_thousand_subscriptions_stalls_nobody() {
    const SUBSCRIPTIONS: usize = 1000;
    let router = router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    for serializer in Serializer::ALL {
        let mut hoarder = Peer::join(router.url(), serializer).await;
        for length in 1..=SUBSCRIPTIONS {
            hoarder.subscribe_to(&"a".repeat(length), "prefix").await;
        }
        let mut publisher = Peer::join(router.url(), Serializer::Json).await;
        let before = router.stats().dropped_events;
        let topic = "a".repeat(SUBSCRIPTIONS);
        let publication = publisher.publication(1, topic.leak(), vec!["x".repeat(8 << 20).into()]);
        publisher.send(publication).await;
        assert!(matches!(publisher.receive().await, Message::Published(_)));
        assert_eq!(router.stats().dropped_events - before, SUBSCRIPTIONS as u64 - 1);
    }
}

#[tokio::test]
async fn a_callee_that_stops_reading_fails_its_calls_at_once() {
    let router = router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    callee.register("a.procedure").await;
    let mut caller = Peer::join(router.url(), Serializer::Json).await;
    let filler: Value = "x".repeat(256 << 10).into();
    let mut request = 0;
    let answer = loop {
        request += 1;
        let call = caller.call(request, "a.procedure", Dict::new(), vec![filler.clone()]);
        caller.send(call).await;
        let answer = tokio::time::timeout(Duration::from_millis(50), caller.wire.next()).await;
        if let Ok(Some(Ok(frame))) = answer {
            break caller.serializer.decode(frame.into_data()).unwrap();
        }
    };
    let Message::Error(error) = answer else { panic!("no error: {answer:?}") };
    assert_eq!(error.error, reason::UNAVAILABLE);
    assert_eq!(router.stats().refused_invocations, 1);
    // The first calls were queued, and are not answered.
    assert!(error.request.get() > 1);
}

/// Requests that come together are routed together. Their answers fill no queue, however short it is: they are sent
/// before the next request is read.
#[tokio::test]
async fn requests_that_come_together_are_all_answered_whatever_the_queue_holds() {
    const REQUESTS: u64 = 200;
    let router = router(Limits { max_queued_messages: 1, max_queued_bytes: 1, ..Limits::default() });
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    for n in 1..=REQUESTS {
        let frame = peer.frame(&peer.publication(n, "a.topic", vec![]));
        in_time(peer.ws.feed(frame)).await.unwrap();
    }
    in_time(peer.ws.flush()).await.unwrap();
    for n in 1..=REQUESTS {
        let answer = peer.receive().await;
        assert!(matches!(answer, Message::Published(published) if published.request.get() == n));
    }
    assert_eq!(router.stats().dropped_sessions, 0);
}

#[tokio::test]
async fn who_asks_without_reading_the_answers_is_held_back_and_loses_none() {
    const REQUESTS: u64 = 20_000;
    let router = router(Limits { max_queued_messages: 64, max_queued_bytes: 16 << 10, ..Limits::default() });
    let peer = Peer::join(router.url(), Serializer::Json).await;
    let frames: Vec<_> = (1..=REQUESTS).map(|n| peer.frame(&peer.publication(n, "a.topic", vec![]))).collect();
    let (mut sink, mut stream) = peer.wire.split();
    let (half, written) = tokio::sync::oneshot::channel();
    let writing = tokio::spawn(async move {
        let mut half = Some(half);
        for (n, frame) in frames.into_iter().enumerate() {
            sink.feed(frame).await.unwrap();
            if n as u64 == REQUESTS / 10 {
                sink.flush().await.unwrap();
                let _ = half.take().unwrap().send(());
            }
        }
        sink.flush().await.unwrap();
    });
    in_time(written).await.unwrap();
    for n in 1..=REQUESTS {
        let frame = in_time(stream.next()).await.unwrap().unwrap();
        let Message::Published(published) = Serializer::Json.decode(frame.into_data()).unwrap() else {
            panic!("not published")
        };
        assert_eq!(published.request.get(), n);
    }
    in_time(writing).await.unwrap();
    assert_eq!(router.stats().dropped_sessions, 0);
}

#[tokio::test]
async fn five_hundred_sessions_come_and_go() {
    const SESSIONS: usize = 500;
    allow_descriptors();
    let router = router(Limits::default());
    let joining = (0..SESSIONS).map(|n| {
        let url = router.url().to_owned();
        let serializer = Serializer::ALL[n % Serializer::ALL.len()];
        tokio::spawn(async move { Peer::join(&url, serializer).await })
    });
    let joining: Vec<_> = joining.collect();
    let mut peers = Vec::new();
    for peer in joining {
        peers.push(peer.await.unwrap());
    }
    assert_eq!(router.stats().sessions, SESSIONS as u64);
    // Half of them say that they leave, the others are just gone.
    for (n, mut peer) in peers.into_iter().enumerate() {
        if n % 2 == 0 {
            peer.wire.close(None).await.unwrap();
        }
    }
    in_time(empty(&router)).await;
    assert_eq!(router.stats().dropped_events, 0);
    stop(router).await;
}

async fn empty(router: &Router) {
    while router.stats().connections > 0 || router.stats().sessions > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Both ends of all connections are in this process.
fn allow_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.map(|maximum| maximum.min(1 << 16)).or(Some(1 << 16));
    setrlimit(Resource::Nofile, limit).unwrap();
}
