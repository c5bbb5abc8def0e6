//! Clients that do not read, and many clients.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use wamp_net::router::{Level, Limits, Log, Router, RouterConfig};
use wamp_proto::message::{Goodbye, Unsubscribe, Yield};
use wamp_proto::{Dict, Message, Serializer, Value, reason};

use crate::peer::{Peer, config, fresh, id, in_time, router, stop};

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

/// The number of an event, and how many events it says were lost before it.
fn read(peer: &Peer, message: &Message) -> (u64, u64) {
    let Message::Event(event) = message else { panic!("no event: {message:?}") };
    (number(peer, message), event.details.get("_dropped").map_or(0, |lost| lost.as_u64().unwrap()))
}

/// What a router has told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn router(&self, limits: Limits) -> Router {
        let told = self.clone();
        let log = Log::new(Level::Warning, move |_, line| told.0.lock().unwrap().push(line.to_owned()));
        Router::start(RouterConfig { limits, log, ..config(&fresh("/ws")) }).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<String> {
        while self.lines().len() < count {
            tokio::task::yield_now().await;
        }
        self.lines()
    }
}

/// What stopping readers meet, in each format: the queue is bounded, the others are served, and what was lost is
/// counted, logged, and told to the session by the first event that it gets after that, which is the newest.
#[tokio::test]
async fn a_subscriber_that_stops_reading_costs_its_queue_and_stalls_nobody() {
    for serializer in Serializer::ALL {
        stop_reading(serializer).await;
    }
}

async fn stop_reading(serializer: Serializer) {
    const EVENTS: u64 = 500;
    let told = Told::default();
    let router = told.router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut sleeper = Peer::join(router.url(), serializer).await;
    sleeper.subscribe("a.topic").await;
    let mut reader = Peer::join(router.url(), Serializer::Json).await;
    reader.subscribe("a.topic").await;
    let reading = tokio::spawn(async move {
        for n in 1..=EVENTS {
            let event = reader.receive().await;
            assert_eq!(read(&reader, &event), (n, 0));
        }
    });
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    publish(&mut publisher, EVENTS, 64 << 10).await;
    in_time(reading).await.unwrap();

    // 32 MB were published: what the sleeper finds is what the kernel and its queue held, and the last of all.
    let dropped = router.stats().dropped_events;
    assert!(dropped > 0 && dropped < EVENTS);
    let sessions = router.sessions("realm1").unwrap();
    let lost: Vec<u64> = sessions.iter().map(|session| session.dropped_events).filter(|lost| *lost > 0).collect();
    assert_eq!(lost, [dropped]);
    let mut last = 0;
    for _ in 0..EVENTS - dropped {
        let event = sleeper.receive().await;
        let (n, lost) = read(&sleeper, &event);
        assert_eq!(n, last + lost + 1);
        last = n;
    }
    assert_eq!(last, EVENTS);
    let sleeper_id = sessions.iter().find(|session| session.dropped_events > 0).unwrap().id.to_string();
    let lines = in_time(told.until(2)).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, words) in lines.iter().zip(["loses events", "has caught up"]) {
        assert!(line.contains(&sleeper_id) && line.contains("\"realm1\"") && line.contains(words), "{line}");
    }
    assert!(lines[1].contains(&format!("lost {dropped} events")), "{lines:?}");
    // It is a session like any other again.
    sleeper.subscribe("another.topic").await;
    publish(&mut publisher, 1, 1).await;
    let event = sleeper.receive().await;
    assert_eq!(read(&sleeper, &event), (1, 0));
    assert_eq!((router.stats().dropped_events, router.stats().dropped_sessions), (dropped, 0));
}

#[tokio::test]
async fn whoever_leaves_without_having_caught_up_is_told_of() {
    let told = Told::default();
    let router = told.router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut sleeper = Peer::join(router.url(), Serializer::Json).await;
    sleeper.subscribe("a.topic").await;
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    while router.stats().dropped_events == 0 {
        publish(&mut publisher, 1, 64 << 10).await;
    }
    drop(sleeper);
    let lines = in_time(told.until(2)).await;
    assert!(lines[0].contains("loses events") && lines[1].contains("has left; it had lost 1 event"), "{lines:?}");
}

/// Its answers go behind the event that waits: UNSUBSCRIBED is never followed by an event.
#[tokio::test]
async fn the_event_that_waits_keeps_its_place_before_answers_and_the_farewell() {
    let router = router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut sleeper = Peer::join(router.url(), Serializer::Json).await;
    let subscription = sleeper.subscribe("a.topic").await;
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    let mut published = 0;
    while router.stats().dropped_events == 0 {
        publish(&mut publisher, 1, 64 << 10).await;
        published += 1;
    }
    sleeper.send(Message::Unsubscribe(Unsubscribe { request: id(2), subscription })).await;
    sleeper.send(Message::Goodbye(Goodbye { details: Dict::new(), reason: reason::CLOSE_REALM.into() })).await;
    for n in 1..published {
        let event = sleeper.receive().await;
        assert_eq!(read(&sleeper, &event).1, u64::from(n == published - 1));
    }
    assert!(matches!(sleeper.receive().await, Message::Unsubscribed(_)));
    assert!(matches!(sleeper.receive().await, Message::Goodbye(_)));
    sleeper.closed().await;
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
        // The first has room, as one of any size has in an empty queue; the last waits beside it.
        assert_eq!(router.stats().dropped_events - before, SUBSCRIPTIONS as u64 - 2);
        let first = hoarder.receive().await;
        let last = hoarder.receive().await;
        assert!(matches!(first, Message::Event(first) if first.details.get("_dropped").is_none()));
        assert!(matches!(last, Message::Event(last) if last.details.get("_dropped") == Some(&998.into())));
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
    // A call that is queued has no answer; what comes after it is the acknowledgement.
    let answer = loop {
        request += 2;
        caller.send(caller.call(request - 1, "a.procedure", Dict::new(), vec![filler.clone()])).await;
        caller.send(caller.publication(request, "a.topic", vec![])).await;
        match caller.receive().await {
            Message::Published(_) => {}
            answer => break answer,
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
        in_time(peer.wire.feed(frame)).await.unwrap();
    }
    in_time(peer.wire.flush()).await.unwrap();
    for n in 1..=REQUESTS {
        let answer = peer.receive().await;
        assert!(matches!(answer, Message::Published(published) if published.request.get() == n));
    }
    assert_eq!(router.stats().dropped_sessions, 0);
}

/// What it has asked for cannot be left out: it would be out of step.
#[tokio::test]
async fn a_caller_that_does_not_read_its_results_is_dropped_and_told_of() {
    let told = Told::default();
    let router = told.router(Limits { max_queued_bytes: 1 << 20, ..Limits::default() });
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    callee.register("a.procedure").await;
    let mut caller = Peer::join(router.url(), Serializer::Json).await;
    let progress = Dict::new().with("receive_progress", true);
    caller.send(caller.call(1, "a.procedure", progress, Vec::new())).await;
    let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
    let payload = callee.payload(vec!["x".repeat(256 << 10).into()]);
    while router.stats().dropped_sessions == 0 {
        let (request, options) = (invocation.request, Dict::new().with("progress", true));
        callee.send(Message::Yield(Yield { request, options, payload: payload.clone() })).await;
    }
    let lines = in_time(told.until(1)).await;
    assert!(lines[0].ends_with("is dropped: it does not read its answers"), "{lines:?}");
    in_time(async {
        while router.stats().sessions > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Its callee goes on.
    callee.subscribe("a.topic").await;
    assert_eq!(router.stats().dropped_sessions, 1);
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
