//! Publisher Identification and Caller Identification.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn a_publisher_is_disclosed_only_when_it_asks_for_it() {
    let mut realm = Realm::new();
    let subscriber = realm.join();
    let publisher = realm.join_as("pia", "staff");
    realm.subscribe(subscriber, "com.topic", none());
    realm.publish(publisher, "com.topic", with("disclose_me", false));
    realm.publish(publisher, "com.topic", with("disclose_me", true));
    let events = realm.events(subscriber);
    assert_eq!(events[0].details, none());
    let who = with("publisher", publisher).with("publisher_authid", "pia").with("publisher_authrole", "staff");
    assert_eq!(events[1].details, who);
}

#[test]
fn a_caller_is_disclosed_only_when_it_asks_for_it() {
    let mut realm = Realm::new();
    let callee = realm.join();
    let caller = realm.join_as("carl", "guest");
    realm.register(callee, "com.procedure", none());
    realm.call(caller, 1, "com.procedure", none());
    assert_eq!(realm.invocation(callee).details, none());
    realm.call(caller, 2, "com.procedure", with("disclose_me", true));
    let who = with("caller", caller).with("caller_authid", "carl").with("caller_authrole", "guest");
    assert_eq!(realm.invocation(callee).details, who);
}
