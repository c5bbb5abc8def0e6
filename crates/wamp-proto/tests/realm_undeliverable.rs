//! Invocations that the callee's full queue does not take.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn an_invocation_that_does_not_arrive_fails_its_call() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.busy", none());
    realm.call(caller, 5, "com.busy", with("timeout", 100_u64));
    let lost = realm.one(callee);
    realm.machine.undeliverable(callee, &lost);
    realm.collect();
    let error = realm.error(caller);
    assert_eq!((error.request, error.error), (id(5), reason::UNAVAILABLE.into()));
    assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
    assert!(realm.received(callee).is_empty());

    realm.machine.undeliverable(callee, &lost);
    realm.collect();
    assert!(realm.received(caller).is_empty());
}

#[test]
fn an_event_that_does_not_arrive_is_lost_in_silence() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.topic", none());
    realm.publish(publisher, "com.topic", with("acknowledge", true));
    let lost = realm.one(subscriber);
    realm.received(publisher);
    realm.machine.undeliverable(subscriber, &lost);
    assert_eq!(realm.machine.poll_output(), None);
}
