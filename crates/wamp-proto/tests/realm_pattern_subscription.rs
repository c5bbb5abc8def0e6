//! Pattern-based Subscription.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn receives(policy: &str, pattern: &str, topic: &str) -> bool {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, pattern, with("match", policy));
    realm.publish(publisher, topic, none());
    let events = realm.events(subscriber);
    if let [event] = &events[..] {
        assert_eq!(event.details, if policy == "exact" { none() } else { with("topic", topic) });
    }
    events.len() == 1
}

#[test]
fn prefixes_match_as_in_the_specification() {
    let pattern = "com.myapp.topic.emergency";
    for topic in [".11", "-low", ".category.severe", ""] {
        assert!(receives("prefix", pattern, &format!("{pattern}{topic}")), "{topic}");
    }
    assert!(!receives("prefix", pattern, "com.myapp.topic.emerge"));
}

#[test]
fn wildcards_match_as_in_the_specification() {
    for topic in ["com.myapp.foo.userevent", "com.myapp.bar.userevent", "com.myapp.a12.userevent"] {
        assert!(receives("wildcard", "com.myapp..userevent", topic), "{topic}");
    }
    for topic in ["com.myapp.foo.userevent.bar", "com.myapp.foo.user", "com.myapp2.foo.userevent"] {
        assert!(!receives("wildcard", "com.myapp..userevent", topic), "{topic}");
    }
    assert!(receives("exact", "com.myapp", "com.myapp"));
}

#[test]
fn an_event_comes_once_for_each_subscription_of_a_session() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    let patterns = [("exact", "a.b.c"), ("prefix", "a.b"), ("prefix", "a"), ("wildcard", "a..c"), ("wildcard", "..")];
    let mut expected = patterns.map(|(policy, topic)| realm.subscribe(subscriber, topic, with("match", policy)));
    realm.subscribe(subscriber, "a.x", with("match", "prefix"));
    realm.publish(publisher, "a.b.c", none());
    let events = realm.events(subscriber);
    let mut subscriptions: Vec<Id> = events.iter().map(|event| event.subscription).collect();
    subscriptions.sort_unstable();
    expected.sort_unstable();
    assert_eq!(subscriptions, expected);
    assert!(events.iter().all(|event| event.publication == events[0].publication));
}

#[test]
fn the_same_text_under_another_policy_is_another_subscription() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    let ids = ["exact", "prefix", "wildcard"].map(|policy| realm.subscribe(a, "com.topic", with("match", policy)));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    assert_eq!(realm.subscribe(b, "com.topic", with("match", "prefix")), ids[1]);
    realm.leave(a);
    assert_eq!(realm.machine.stats().subscriptions, 1);
}

#[test]
fn an_unknown_policy_is_refused() {
    let mut realm = Realm::new();
    let client = realm.join();
    realm.say(client, Subscribe { request: id(2), options: with("match", "regex"), topic: "com.topic".into() });
    assert_eq!(realm.error(client).error, reason::INVALID_ARGUMENT);
    assert_eq!(realm.machine.stats().subscriptions, 0);
}
