//! The longest messages that either side takes.

use wamp_net::router::Limits;
use wamp_proto::message::Yield;
use wamp_proto::{Dict, Message, Serializer, Value, reason};

use crate::raw::{MESSAGE, Peer, frame, raw_router};

fn text(size: usize) -> Vec<Value> {
    vec![Value::from("x".repeat(size))]
}

#[tokio::test]
async fn the_router_announces_what_it_takes_and_no_more() {
    for (limit, announced) in [(1 << 10, 1 << 10), (5000, 4096), (64 << 20, 16 << 20)] {
        let router = raw_router(Limits { max_message_size: limit, ..Limits::default() });
        let peer = Peer::connect(router.url(), Serializer::Json).await;
        assert_eq!(peer.wire.limit, announced);
    }
}

#[tokio::test]
async fn what_is_too_large_ends_the_connection_and_is_counted() {
    let router = raw_router(Limits { max_message_size: 5000, ..Limits::default() });
    let mut other = Peer::join(router.url(), Serializer::Json).await;
    for claimed in [4097, (1 << 24) - 1] {
        let mut peer = Peer::join(router.url(), Serializer::Json).await;
        let [.., a, b, c] = usize::to_be_bytes(claimed);
        peer.write(&[MESSAGE, a, b, c]).await;
        let Message::Abort(abort) = peer.receive().await else { panic!("no ABORT") };
        assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION);
        peer.ended().await;
    }
    assert_eq!(router.stats().protocol_errors, 2);
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.write(&frame(MESSAGE, &[b' '; 4096])).await;
    assert!(matches!(peer.receive().await, Message::Abort(_)), "of the right size, but no message");
    other.subscribe("a.topic").await;
}

#[tokio::test]
async fn a_message_of_two_to_the_24_has_its_extra_bit() {
    let router = raw_router(Limits::default());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    peer.subscribe("a.topic").await;
    let mut publication = br#"[16,1,{"exclude_me":false,"acknowledge":true},"other.topic",[""#.to_vec();
    publication.resize((1 << 24) - 3, b'x');
    publication.extend(br#""]]"#);
    peer.write(&[8, 0, 0, 0]).await;
    peer.write(&publication).await;
    assert!(matches!(peer.receive().await, Message::Published(_)));
}

#[tokio::test]
async fn an_event_larger_than_its_subscriber_takes_is_dropped() {
    let router = raw_router(Limits::default());
    let mut small = Peer::connect_with(router.url(), Serializer::Json, 3).await.joined().await;
    let mut publisher = Peer::join(router.url(), Serializer::Json).await;
    small.subscribe("a.topic").await;
    for size in [5000, 10] {
        publisher.publish("a.topic", text(size)).await;
    }
    let Message::Event(event) = small.receive().await else { panic!("no event") };
    assert_eq!(small.args(&event.payload), text(10));
    assert_eq!(router.stats().dropped_events, 1);
}

#[tokio::test]
async fn a_call_whose_messages_are_too_large_fails() {
    let router = raw_router(Limits::default());
    let mut callee = Peer::connect_with(router.url(), Serializer::Json, 3).await.joined().await;
    let mut caller = Peer::connect_with(router.url(), Serializer::Json, 3).await.joined().await;
    callee.register("a.procedure").await;
    for (question, answer, reason) in
        [(5000, None, reason::INVALID_ARGUMENT), (10, Some(5000), reason::PAYLOAD_SIZE_EXCEEDED)]
    {
        caller.ask("a.procedure", text(question)).await;
        if let Some(size) = answer {
            let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
            let payload = callee.payload(text(size));
            let answer = Yield { request: invocation.request, options: Dict::new(), payload };
            callee.send(Message::Yield(answer)).await;
        }
        let Message::Error(error) = caller.receive().await else { panic!("no error") };
        assert_eq!(error.error, reason);
    }
}

/// Nobody could tell that one is missing from the others.
#[tokio::test]
async fn a_progressive_result_that_is_too_large_fails_its_call() {
    let router = raw_router(Limits::default());
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    callee.register("a.procedure").await;
    let mut caller = Peer::connect_with(router.url(), Serializer::Json, 3).await.joined().await;
    caller.send(caller.call(1, "a.procedure", Dict::new().with("receive_progress", true), text(1))).await;
    let Message::Invocation(invocation) = callee.receive().await else { panic!("no INVOCATION") };
    for (size, progress) in [(10, true), (5000, true), (10, true), (10, false)] {
        let (request, options) = (invocation.request, Dict::new().with("progress", progress));
        callee.send(Message::Yield(Yield { request, options, payload: callee.payload(text(size)) })).await;
    }
    assert!(matches!(caller.receive().await, Message::Result(result) if result.details.flag("progress")));
    let Message::Error(error) = caller.receive().await else { panic!("no ERROR") };
    assert_eq!(error.error, reason::PAYLOAD_SIZE_EXCEEDED);
    callee.subscribe("a.topic").await;
    assert_eq!(router.stats().dropped_events, 0);
}

#[tokio::test]
async fn who_does_not_even_take_welcome_is_closed() {
    let router = raw_router(Limits::default());
    let mut tiny = Peer::connect_with(router.url(), Serializer::Json, 0).await;
    tiny.send(crate::raw::hello()).await;
    tiny.ended().await;
    assert_eq!(router.stats().dropped_sessions, 1);
}
