//! What a session must not miss, when its queue is full of what others send.

use wamp_net::router::{Limits, Router};
use wamp_proto::message::{Cancel, Hello, Interrupt, Invocation, Yield};
use wamp_proto::{Dict, Id, Message, Serializer, Value, reason};

use crate::peer::{Peer, id, router};

fn few() -> Limits {
    Limits { max_queued_messages: 16, ..Limits::default() }
}

fn filler() -> Value {
    "x".repeat(64 << 10).into()
}

/// A peer that has announced what goes on in pieces.
async fn join(router: &Router) -> Peer {
    let features = || Dict::new().with("call_canceling", true).with("progressive_call_invocations", true);
    let role = |name| (name, Dict::new().with("features", features()));
    let roles: Dict = ["caller", "callee", "publisher", "subscriber"].into_iter().map(role).collect();
    let mut peer = Peer::connect(router.url(), Serializer::Json).await;
    peer.send(Message::Hello(Hello { realm: "realm1".into(), details: Dict::new().with("roles", roles) })).await;
    assert!(matches!(peer.receive().await, Message::Welcome(_)));
    peer
}

/// Calls until the callee, who does not read, has no room for more. How many calls it has got.
async fn fill(router: &Router, caller: &mut Peer, options: &Dict) -> u64 {
    let mut calls = 0;
    while router.stats().refused_invocations == 0 {
        calls += 1;
        caller.send(caller.call(calls, "a.procedure", options.clone(), vec![filler()])).await;
        caller.send(caller.publication(calls + 10_000, "a.topic", vec![])).await;
        while !matches!(caller.receive().await, Message::Published(_)) {}
    }
    calls - 1
}

async fn invocation(callee: &mut Peer) -> Id {
    let Message::Invocation(Invocation { request, .. }) = callee.receive().await else { panic!("no invocation") };
    request
}

#[tokio::test]
async fn a_subscriber_that_does_not_keep_up_has_its_answers() {
    let router = router(few());
    let mut sleeper = join(&router).await;
    sleeper.subscribe("a.topic").await;
    let mut publisher = join(&router).await;
    let mut n = 0;
    while router.stats().dropped_events == 0 {
        n += 1;
        publisher.send(publisher.publication(n, "a.topic", vec![filler()])).await;
        publisher.receive().await;
    }
    for request in 10..14 {
        sleeper.send(sleeper.publication(request, "another.topic", vec![])).await;
    }
    let mut answers = Vec::new();
    while answers.len() < 4 {
        match sleeper.receive().await {
            Message::Event(_) => {}
            Message::Published(published) => answers.push(published.request.get()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answers, [10, 11, 12, 13]);
    assert_eq!(router.stats().dropped_sessions, 0);
}

#[tokio::test]
async fn a_callee_that_does_not_keep_up_hears_which_calls_are_over() {
    let router = router(few());
    let mut callee = join(&router).await;
    callee.register("a.procedure").await;
    let mut caller = join(&router).await;
    let calls = fill(&router, &mut caller, &Dict::new()).await;
    for request in 1..=10 {
        caller.send(Message::Cancel(Cancel { request: id(request), options: Dict::new() })).await;
        assert!(matches!(caller.receive().await, Message::Error(_)));
    }
    for n in 1..=calls {
        assert_eq!(invocation(&mut callee).await, id(n));
    }
    for n in 1..=10 {
        let Message::Interrupt(Interrupt { request, .. }) = callee.receive().await else { panic!("no interrupt") };
        assert_eq!(request, id(n));
    }
    assert_eq!(router.stats().dropped_sessions, 0);
}

/// Only answers that it does not read keep it from being heard: calls are others' doing.
#[tokio::test]
async fn a_callee_that_answers_before_it_reads_on_is_heard() {
    let router = router(few());
    let mut callee = join(&router).await;
    callee.register("a.procedure").await;
    let mut caller = join(&router).await;
    fill(&router, &mut caller, &Dict::new()).await;
    let payload = callee.payload(vec![]);
    callee.send(Message::Yield(Yield { request: id(1), options: Dict::new(), payload })).await;
    assert!(matches!(caller.receive().await, Message::Result(result) if result.request == id(1)));
}

/// A call in pieces of which one does not arrive is over, for both.
#[tokio::test]
async fn a_piece_without_room_ends_its_call_and_nothing_else() {
    let router = router(few());
    let mut callee = join(&router).await;
    callee.register("a.procedure").await;
    let mut caller = join(&router).await;
    let progress = Dict::new().with("progress", true);
    let mut pieces = 0;
    let error = loop {
        pieces += 1;
        caller.send(caller.call(1, "a.procedure", progress.clone(), vec![filler()])).await;
        caller.send(caller.publication(pieces + 1, "a.topic", vec![])).await;
        match caller.receive().await {
            Message::Published(_) => {}
            Message::Error(error) => break error,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((error.request, &*error.error), (id(1), reason::UNAVAILABLE));
    for _ in 1..pieces {
        assert_eq!(invocation(&mut callee).await, id(1));
    }
    assert!(matches!(callee.receive().await, Message::Interrupt(_)));
    assert_eq!(router.stats().dropped_sessions, 0);
}
