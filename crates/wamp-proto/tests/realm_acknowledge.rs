//! Acknowledged publications: PUBLISHED or ERROR, only when asked for.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn only_an_acknowledged_publication_is_answered() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.topic", none());
    realm.publish(publisher, "com.topic", none());
    assert!(realm.received(publisher).is_empty());

    realm.publish(publisher, "com.topic", with("acknowledge", true));
    let Message::Published(published) = realm.one(publisher) else { panic!("not acknowledged") };
    assert_eq!(published.request, id(9));
    let publications: Vec<Id> = realm.events(subscriber).iter().map(|event| event.publication).collect();
    assert_eq!(publications[1], published.publication);
    assert_ne!(publications[0], publications[1]);
}

#[test]
fn a_publication_that_fails_says_so_only_when_asked() {
    let mut realm = Realm::new();
    let publisher = realm.join();
    realm.publish(publisher, "no uri", none());
    assert!(realm.received(publisher).is_empty());
    realm.publish(publisher, "no uri", with("acknowledge", true));
    let error = realm.error(publisher);
    assert_eq!((error.request_type, error.request), (16, id(9)));
    assert_eq!(error.error, reason::INVALID_URI);
}

#[test]
fn a_publication_without_subscribers_is_acknowledged_too() {
    let mut realm = Realm::new();
    let publisher = realm.join();
    realm.publish(publisher, "com.nobody", with("acknowledge", true));
    assert!(matches!(realm.one(publisher), Message::Published(_)));
}
