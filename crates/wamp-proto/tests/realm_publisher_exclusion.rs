//! Publisher Exclusion.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn a_publisher_gets_its_own_event_only_with_exclude_me_false() {
    let mut realm = Realm::new();
    let [publisher, other] = std::array::from_fn(|_| realm.join());
    for client in [publisher, other] {
        realm.subscribe(client, "com.topic", none());
    }
    for (options, own_events) in [(none(), 0), (with("exclude_me", true), 0), (with("exclude_me", false), 1)] {
        realm.publish(publisher, "com.topic", options);
        assert_eq!(realm.events(publisher).len(), own_events);
        assert_eq!(realm.events(other).len(), 1);
    }
}
