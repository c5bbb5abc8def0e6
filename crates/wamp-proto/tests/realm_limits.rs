//! What a session can make the router remember, and what that costs the others.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use std::time::Instant;

use wamp_proto::router::{Limits, RealmConfig};

fn limited() -> Realm {
    let limits = Limits {
        subscriptions: 2,
        registrations: 2,
        open_calls: 2,
        uri_length: 12,
        pattern_components: 4,
        ..Limits::default()
    };
    Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") })
}

#[test]
fn subscriptions_are_limited_per_session() {
    let mut realm = limited();
    let [a, b] = std::array::from_fn(|_| realm.join());
    let first = realm.subscribe(a, "com.t1", none());
    realm.subscribe(a, "com.t2", none());
    realm.say(a, Subscribe { request: id(3), options: none(), topic: "com.t3".into() });
    assert_eq!(realm.error(a).error, reason::NOT_AUTHORIZED);
    assert_eq!(realm.subscribe(a, "com.t1", none()), first);
    realm.subscribe(b, "com.t3", none());
    realm.say(a, Unsubscribe { request: id(4), subscription: first });
    realm.one(a);
    realm.subscribe(a, "com.t3", none());
}

/// Few of them may be large, and patterns are larger than they look.
#[test]
fn what_subscriptions_and_registrations_take_is_limited_per_session() {
    let mut realm = Realm::with(RealmConfig {
        limits: Limits { uri_bytes: 2200, ..Limits::default() },
        ..RealmConfig::open("realm1")
    });
    let [a, b] = std::array::from_fn(|_| realm.join());
    let topic = "t".repeat(800);
    let first = realm.subscribe(a, &topic, none());
    assert_eq!(realm.subscribe(a, &topic, none()), first, "twice is once");
    realm.register(a, &"p".repeat(700), none());
    let refused = |realm: &mut Realm, topic: &str, policy: &'static str| {
        let options = none().with("match", policy);
        realm.say(a, Subscribe { request: id(3), options, topic: topic.into() });
        assert_eq!(realm.error(a).error, reason::NOT_AUTHORIZED);
    };
    refused(&mut realm, "a.topic", "exact");
    realm.say(a, Register { request: id(4), options: none(), procedure: "a.b".into() });
    assert_eq!(realm.error(a).error, reason::NOT_AUTHORIZED);
    realm.subscribe(b, "a.topic", none());
    // What is given back is free again; 256 bytes, 2 × 3 and 3 × 512 are too much still, but not 1 × 512.
    realm.say(a, Unsubscribe { request: id(5), subscription: first });
    realm.one(a);
    refused(&mut realm, "a..", "wildcard");
    realm.subscribe(a, "a", none().with("match", "wildcard"));
}

#[test]
fn registrations_are_limited_per_session() {
    let mut realm = limited();
    let [a, b] = std::array::from_fn(|_| realm.join());
    realm.register(a, "com.p1", none());
    realm.register(a, "com.p2", none());
    assert_eq!(realm.register_error(a, "com.p3", none()), reason::NOT_AUTHORIZED);
    realm.register(b, "com.p3", none());
}

#[test]
fn the_components_of_a_wildcard_pattern_are_limited() {
    let mut realm = limited();
    let client = realm.join();
    realm.subscribe(client, "a..c.", with("match", "wildcard"));
    realm.register(client, "a..c.", with("match", "wildcard"));
    realm.say(client, Subscribe { request: id(3), options: with("match", "wildcard"), topic: "a..c..".into() });
    assert_eq!(realm.error(client).error, reason::INVALID_URI);
    assert_eq!(realm.register_error(client, "a..c..", with("match", "wildcard")), reason::INVALID_URI);
    // They cost nothing where they are not taken apart.
    realm.subscribe(client, "a.b.c.d.e.f", none());
}

#[test]
fn open_calls_are_limited_per_session() {
    let mut realm = limited();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    for request in 1..=2 {
        realm.call(caller, request, "com.slow", none());
        realm.invocation(callee);
    }
    realm.call(caller, 3, "com.slow", none());
    assert_eq!(realm.error(caller).error, reason::NOT_AUTHORIZED);
    assert!(realm.received(callee).is_empty());
    realm.answer(callee, id(1), "[]");
    realm.result(caller);
    realm.call(caller, 3, "com.slow", none());
    realm.invocation(callee);
}

#[test]
fn long_uris_are_refused() {
    let mut realm = limited();
    let client = realm.join();
    realm.subscribe(client, "com.twelve.x", none());
    realm.say(client, Subscribe { request: id(1), options: none(), topic: "com.thirteen.".into() });
    assert_eq!(realm.error(client).error, reason::INVALID_URI);
}

/// The time of many publications to a topic with one subscriber.
fn publications(realm: &mut Realm, publisher: Id, subscriber: Id) -> std::time::Duration {
    let started = Instant::now();
    for _ in 0..500 {
        realm.publish(publisher, "com.the.topic", none());
        assert_eq!(realm.events(subscriber).len(), 1);
    }
    started.elapsed()
}

#[test]
fn a_hundred_thousand_subscriptions_do_not_slow_an_exact_topic() {
    let mut realm = Realm::new();
    let [publisher, subscriber, crowd] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.the.topic", none());
    let alone = (0..5).map(|_| publications(&mut realm, publisher, subscriber)).min().unwrap();
    for n in 0..33_334 {
        for (policy, topic) in [("exact", ""), ("prefix", ""), ("wildcard", "..x")] {
            realm.subscribe(crowd, &format!("com.the.t{n}{topic}"), with("match", policy));
        }
    }
    assert!(realm.machine.stats().subscriptions > 100_000);
    let crowded = (0..5).map(|_| publications(&mut realm, publisher, subscriber)).min().unwrap();
    // A scan would take thousands of times as long; a machine that is busy with other things must not fail this.
    assert!(crowded < alone * 20, "{alone:?} -> {crowded:?}");
    realm.leave(crowd);
    assert_eq!(realm.machine.stats().subscriptions, 1);
}

#[test]
fn traffic_leaves_nothing_behind() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    realm.register(b, "com.procedure", none());
    realm.subscribe(b, "com.topic", none());
    let before = realm.machine.stats();
    for n in 1..=1000 {
        realm.publish(a, "com.topic", none());
        realm.call(a, n, "com.procedure", with("timeout", 1000_u64));
        realm.answer(b, id(n), "[]");
        realm.advance(ms(1));
        realm.received(a);
        realm.received(b);
    }
    assert_eq!((realm.machine.stats(), realm.machine.next_deadline()), (before, None));
}
