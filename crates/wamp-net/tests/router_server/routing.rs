//! Messages from session to session.

use bytes::Bytes;
use wamp_net::router::Limits;
use wamp_proto::{Dict, Message, Serializer, Value, reason};

use crate::peer::{Peer, router};

fn binary() -> Value {
    Value::Bin(Bytes::from_static(&[0, 1, 0xfe, 0xff]))
}

#[tokio::test]
async fn events_reach_subscribers_in_their_own_format() {
    let router = router(Limits::default());
    for from in Serializer::ALL {
        let mut subscribers = Vec::new();
        for to in Serializer::ALL {
            let mut subscriber = Peer::join(router.url(), to).await;
            subscriber.subscribe("a.topic").await;
            subscribers.push(subscriber);
        }
        let mut publisher = Peer::join(router.url(), from).await;
        let args = vec![binary(), "text".into(), Value::Float(1.5)];
        publisher.send(publisher.publication(1, "a.topic", args.clone())).await;
        assert!(matches!(publisher.receive().await, Message::Published(_)));
        for mut subscriber in subscribers {
            let Message::Event(event) = subscriber.receive().await else { panic!("no event") };
            let mut expected = args.clone();
            if subscriber.serializer == Serializer::Json {
                expected[0] = Value::Str("\0AAH+/w==".into());
            }
            assert!(matches(&subscriber.args(&event.payload), &expected), "{:?}", subscriber.args(&event.payload));
        }
    }
}

/// JSON has no binary values: the reader of a value sees the bytes, or the text that stands for them.
fn matches(args: &[Value], expected: &[Value]) -> bool {
    args == expected || (args[0] == binary() && args[1..] == expected[1..])
}

#[tokio::test]
async fn calls_go_to_the_callee_and_back_across_formats() {
    let router = router(Limits::default());
    let pairs = Serializer::ALL.into_iter().flat_map(|caller| Serializer::ALL.map(|callee| (caller, callee)));
    for (caller, callee) in pairs {
        let mut callee = Peer::join(router.url(), callee).await;
        let mut caller = Peer::join(router.url(), caller).await;
        callee.register("a.procedure").await;
        let args = vec![binary(), Value::Int(-7)];
        caller.send(caller.call(1, "a.procedure", Dict::new(), args.clone())).await;
        let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
        callee.echo(invocation).await;
        let Message::Result(result) = caller.receive().await else { panic!("no result") };
        let got = caller.args(&result.payload);
        assert!(got == args || got == [Value::Str("\0AAH+/w==".into()), Value::Int(-7)], "{got:?}");
    }
}

#[tokio::test]
async fn a_call_ends_with_its_time_limit() {
    let router = router(Limits::default());
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    let mut caller = Peer::join(router.url(), Serializer::Json).await;
    callee.register("a.procedure").await;
    for (request, timeout) in [(1, 60_000u64), (2, 20)] {
        caller.send(caller.call(request, "a.procedure", Dict::new().with("timeout", timeout), vec![])).await;
    }
    let Message::Error(error) = caller.receive().await else { panic!("no error") };
    assert_eq!((error.request.get(), &*error.error), (2, reason::TIMEOUT));
}

#[tokio::test]
async fn what_json_cannot_express_fails_the_call_and_nothing_else() {
    let router = router(Limits::default());
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    let mut caller = Peer::join(router.url(), Serializer::MsgPack).await;
    callee.register("a.procedure").await;
    caller.send(caller.call(1, "a.procedure", Dict::new(), vec![Value::Float(f64::NAN)])).await;
    let Message::Error(error) = caller.receive().await else { panic!("no error") };
    assert_eq!(error.error, reason::INVALID_ARGUMENT);
    caller.send(caller.call(2, "a.procedure", Dict::new(), vec![Value::Float(0.5)])).await;
    let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
    callee.echo(invocation).await;
    assert!(matches!(caller.receive().await, Message::Result(_)));
}

#[tokio::test]
async fn a_large_message_arrives_whole() {
    let router = router(Limits::default());
    let mut callee = Peer::join(router.url(), Serializer::Json).await;
    let mut caller = Peer::join(router.url(), Serializer::MsgPack).await;
    callee.register("a.procedure").await;
    let large: Value = "0123456789abcdef".repeat(1 << 16).into();
    caller.send(caller.call(1, "a.procedure", Dict::new(), vec![large.clone()])).await;
    let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
    callee.echo(invocation).await;
    let Message::Result(result) = caller.receive().await else { panic!("no result") };
    assert_eq!(caller.args(&result.payload), [large]);
}

#[tokio::test]
async fn subscribed_comes_before_the_first_event() {
    let router = router(Limits::default());
    let url = router.url().to_owned();
    let flood = tokio::spawn(async move {
        let mut publisher = Peer::join(&url, Serializer::Json).await;
        for request in 1.. {
            publisher.send(publisher.publication(request, "a.topic", vec![])).await;
            publisher.receive().await;
        }
    });
    for _ in 0..50 {
        let mut subscriber = Peer::join(router.url(), Serializer::Json).await;
        subscriber.subscribe("a.topic").await;
        assert!(matches!(subscriber.receive().await, Message::Event(_)));
    }
    flood.abort();
}
