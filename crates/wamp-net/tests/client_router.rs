//! Clients and the router of this crate, with each other.
#![allow(clippy::unwrap_used, clippy::panic)]

mod client_support;

use std::time::{Duration, Instant};

use client_support::*;
use wamp_net::client::{Client, NetOptions};
use wamp_net::router::{Router, RouterConfig};
use wamp_proto::client::Notice;
use wamp_proto::{Dict, Payload, Serializer, Value};

fn router() -> Router {
    Router::start(RouterConfig::new("ws://127.0.0.1:0/ws", &["realm1"])).unwrap()
}

fn join(router: &Router, serializer: Serializer) -> Client {
    let mut settings = settings();
    settings.serializers = vec![serializer];
    let client = Client::new(settings, NetOptions::default());
    client.connect(router.url()).unwrap();
    assert_eq!(notice(&client), Notice::Joined { first: true });
    client
}

fn values(serializer: Serializer, args: Vec<Value>) -> Payload {
    Payload::from_values(serializer, Some(args), None)
}

fn decoded(payload: &Payload) -> Value {
    payload.serializer.read_value(payload.args.as_ref().unwrap()).unwrap()
}

#[test]
fn events_travel_between_formats() {
    let router = router();
    let subscriber = join(&router, Serializer::MsgPack);
    let publisher = join(&router, Serializer::Json);
    subscriber.command(|machine, now| machine.subscribe(1, "t", Dict::new(), now)).unwrap();
    assert!(matches!(notice(&subscriber), Notice::Acknowledged { .. }));
    for i in 0..500_u64 {
        let payload = values(Serializer::Json, vec![i.into(), "text".into()]);
        publisher.command(|machine, now| machine.publish("t", payload, Dict::new(), now)).unwrap();
    }
    for (i, notice) in notices(&subscriber, 500).into_iter().enumerate() {
        let Notice::Event { payload, .. } = notice else { panic!("{notice:?}") };
        assert_eq!(payload.serializer, Serializer::MsgPack);
        assert_eq!(decoded(&payload), Value::List(vec![(i as u64).into(), "text".into()]));
    }
}

/// Answers invocations until that many were answered.
fn serve(callee: &Client, count: usize) {
    let end = Instant::now() + PATIENCE;
    let mut served = 0;
    while served < count {
        assert!(Instant::now() < end);
        callee.wait(Some(PATIENCE)).unwrap();
        callee.begin_turn();
        while let Some(notice) = callee.next_notice() {
            let Notice::Invocation { invocation, payload, .. } = notice else { panic!("{notice:?}") };
            callee.command(|machine, _| machine.yield_result(invocation, Dict::new(), payload));
            served += 1;
        }
        callee.end_turn();
    }
}

#[test]
fn calls_are_answered_by_another_client() {
    let router = router();
    let callee = join(&router, Serializer::Json);
    callee.command(|machine, now| machine.register(1, "echo", Dict::new(), now)).unwrap();
    assert!(matches!(notice(&callee), Notice::Acknowledged { .. }));
    let caller = join(&router, Serializer::MsgPack);
    let serving = std::thread::spawn(move || {
        serve(&callee, 200);
        callee
    });
    for i in 0..200_u64 {
        let payload = values(Serializer::MsgPack, vec![i.into()]);
        let call = caller.command(|machine, now| machine.call("echo", payload, Dict::new(), now)).unwrap();
        let Notice::Result { request, payload, .. } = notice(&caller) else { panic!() };
        assert_eq!((request, decoded(&payload)), (call, Value::List(vec![i.into()])));
    }
    drop(serving.join().unwrap());
}

#[test]
fn a_router_that_stops_says_goodbye() {
    let router = router();
    let client = join(&router, Serializer::Json);
    router.stop();
    assert_eq!(notice(&client), Notice::Closed);
}

#[test]
fn a_client_that_leaves_lets_the_router_answer() {
    let router = router();
    let client = join(&router, Serializer::Json);
    let begin = Instant::now();
    client.command(|machine, now| machine.disconnect(now));
    assert_eq!(notice(&client), Notice::Closed);
    assert!(begin.elapsed() < Duration::from_secs(2), "leaving waited for a time limit");
}
