//! Session scope IDs, and the verification of those of CALL.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{RealmConfig, RequestIds};

fn strict() -> Realm {
    Realm::with(RealmConfig { request_ids: RequestIds::Strict, ..RealmConfig::open("realm1") })
}

/// One message of each kind, with these ids.
fn requests(ids: [u64; 6]) -> [Message; 6] {
    let [a, b, c, d, e, f] = ids.map(id);
    [
        Subscribe { request: a, options: none(), topic: "com.topic".into() }.into(),
        Publish { request: b, ..publish("com.topic", with("acknowledge", true)) }.into(),
        Register { request: c, options: none(), procedure: "com.procedure".into() }.into(),
        Unsubscribe { request: d, subscription: id(1) }.into(),
        Unregister { request: e, registration: id(1) }.into(),
        Call { request: f, ..call(1, "com.nothing", none()) }.into(),
    ]
}

#[test]
fn requests_of_all_kinds_are_counted_together() {
    let mut realm = strict();
    let client = realm.join();
    for message in requests([1, 2, 3, 4, 5, 6]) {
        realm.say(client, message);
    }
    assert_eq!(realm.received(client).len(), 6);
    assert!(!realm.is_closed(client));
}

#[test]
fn an_id_out_of_turn_breaks_the_protocol() {
    for at in 0..6 {
        for wrong in [1, 17] {
            let mut realm = strict();
            let client = realm.join_with(hello_details_of(&[], EVERYTHING));
            let mut ids = [1, 2, 3, 4, 5, 6];
            ids[at] = if ids[at] == wrong { 2 } else { wrong };
            for message in requests(ids).into_iter().take(at) {
                realm.say(client, message);
            }
            assert!(!realm.is_closed(client));
            realm.received(client);
            realm.say(client, requests(ids)[at].clone());
            realm.assert_aborted(client);
        }
    }
}

#[test]
fn a_request_that_was_refused_counts_as_well() {
    let mut realm = strict();
    let client = realm.join();
    for (request, topic) in [(1, "a..b"), (2, "com.topic")] {
        realm.say(client, Subscribe { request: id(request), options: none(), topic: topic.into() });
    }
    assert!(matches!(realm.received(client)[..], [Message::Error(_), Message::Subscribed(_)]));
}

/// The specification's first example.
#[test]
fn pieces_of_a_call_have_the_id_of_the_first() {
    let mut realm = strict();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "foo", none());
    realm.call(caller, 1, "foo", with("progress", true));
    realm.call(caller, 2, "bar", none());
    realm.call(caller, 1, "foo", none());
    assert_eq!(realm.received(callee).len(), 2);
    assert_eq!(realm.error(caller).request, id(2));
    realm.answer(callee, id(1), "[]");
    realm.result(caller);
    realm.call(caller, 1, "foo", none());
    realm.call(caller, 2, "bar", none());
    assert!(realm.received(caller).is_empty() && realm.received(callee).is_empty(), "both are over");
    realm.call(caller, 4, "baz", none());
    realm.assert_aborted(caller);
}

#[test]
fn the_id_of_a_complete_call_that_is_open_breaks_the_protocol() {
    let mut realm = strict();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "foo", none());
    realm.call(caller, 1, "foo", none());
    realm.call(caller, 1, "foo", none());
    realm.assert_aborted(caller);
}

#[test]
fn answers_have_the_ids_of_others() {
    let mut realm = strict();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "foo", none());
    for n in 1..4 {
        realm.call(caller, n, "foo", none());
        let invocation = realm.invocation(callee).request;
        realm.say(caller, Cancel { request: id(n), options: with("mode", "skip") });
        realm.error(caller);
        realm.answer(callee, invocation, "[]");
    }
    assert!(!realm.is_closed(caller) && !realm.is_closed(callee));
}

#[test]
fn without_the_rule_any_id_is_taken() {
    let mut realm = Realm::new();
    let client = realm.join();
    for message in requests([9, 9, 1 << 53, 3, 1, 12]) {
        realm.say(client, message);
    }
    assert_eq!(realm.received(client).len(), 6);
}
