//! Publish & Subscribe of the Basic Profile.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn an_event_reaches_every_subscriber_of_its_topic_and_nobody_else() {
    let mut realm = Realm::new();
    let [publisher, a, b, other] = std::array::from_fn(|_| realm.join());
    let subscription = realm.subscribe(a, "com.topic", none());
    assert_eq!(realm.subscribe(b, "com.topic", none()), subscription);
    assert_ne!(realm.subscribe(other, "com.other", none()), subscription);

    realm.publish(publisher, "com.topic", none());
    let events = realm.events(a);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].subscription, subscription);
    assert_eq!(events[0].details, none());
    assert_eq!(events[0].payload, json("[1]"));
    assert_eq!(realm.events(b), events);
    assert!(realm.received(other).is_empty());
    assert!(realm.received(publisher).is_empty());
}

#[test]
fn subscribing_again_gives_the_same_subscription_and_one_event() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    let first = realm.subscribe(subscriber, "com.topic", none());
    assert_eq!(realm.subscribe(subscriber, "com.topic", none()), first);
    realm.publish(publisher, "com.topic", none());
    assert_eq!(realm.events(subscriber).len(), 1);

    realm.say(subscriber, Unsubscribe { request: id(3), subscription: first });
    assert!(matches!(realm.one(subscriber), Message::Unsubscribed(done) if done.request == Some(id(3))));
    realm.publish(publisher, "com.topic", none());
    assert!(realm.received(subscriber).is_empty());
    assert_eq!(realm.machine.stats().subscriptions, 0);
}

#[test]
fn nobody_leaves_a_subscription_that_is_not_his() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    let subscription = realm.subscribe(a, "com.topic", none());
    for wrong in [subscription, id(4711)] {
        realm.say(b, Unsubscribe { request: id(5), subscription: wrong });
        let error = realm.error(b);
        assert_eq!((error.request_type, error.request), (34, id(5)));
        assert_eq!(error.error, reason::NO_SUCH_SUBSCRIPTION);
    }
    realm.publish(b, "com.topic", none());
    assert_eq!(realm.events(a).len(), 1);
}

#[test]
fn publications_of_one_publisher_arrive_in_order() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.a", none());
    realm.subscribe(subscriber, "com.b", none());
    for n in 0..20 {
        let topic = if n % 2 == 0 { "com.a" } else { "com.b" };
        let payload = json(&format!("[{n}]"));
        realm.say(publisher, Publish { request: id(n + 1), options: none(), topic: topic.into(), payload });
    }
    let events = realm.events(subscriber);
    assert_eq!(events.len(), 20);
    for (n, event) in events.iter().enumerate() {
        assert_eq!(event.payload, json(&format!("[{n}]")));
    }
}
