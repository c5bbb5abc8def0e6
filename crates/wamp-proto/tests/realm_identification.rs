//! Publisher Identification and Caller Identification.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use std::sync::Arc;

use wamp_proto::router::{Actions, Disclosure, Permission, RealmConfig, Role};
use wamp_proto::uri::Match;

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
fn a_realm_that_discloses_nobody_refuses_publishers_who_ask_for_it() {
    let config = RealmConfig { disclosure: Disclosure::Never, ..RealmConfig::open("realm1") };
    let mut realm = Realm::with(config);
    let [subscriber, publisher] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.topic", none());
    realm.publish(publisher, "com.topic", with("disclose_me", true).with("acknowledge", true));
    assert_eq!(realm.error(publisher).error, reason::OPTION_DISALLOWED_DISCLOSE_ME);
    realm.publish(publisher, "com.topic", with("disclose_me", false));
    assert_eq!(realm.events(subscriber).len(), 1);
    assert!(!realm.features("broker").flag("publisher_identification"));
}

#[test]
fn a_realm_may_disclose_every_publisher() {
    let config = RealmConfig { disclosure: Disclosure::Always, ..RealmConfig::open("realm1") };
    let mut realm = Realm::with(config);
    let [subscriber, publisher] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.topic", none());
    for options in [none(), with("disclose_me", false)] {
        realm.publish(publisher, "com.topic", options);
        assert_eq!(realm.events(subscriber)[0].details.get("publisher"), Some(&publisher.into()));
    }
    assert!(realm.features("broker").flag("publisher_identification"));
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

fn discloses(disclosure: Disclosure) -> Realm {
    Realm::with(RealmConfig { disclosure, ..RealmConfig::open("realm1") })
}

#[test]
fn a_realm_that_discloses_nobody_refuses_callers_and_callees_who_ask_for_it() {
    let mut realm = discloses(Disclosure::Never);
    let [callee, caller] = std::array::from_fn(|_| realm.join());
    let wants = with("disclose_caller", true);
    assert_eq!(realm.register_error(callee, "com.procedure", wants), reason::OPTION_NOT_ALLOWED);
    realm.register(callee, "com.procedure", with("disclose_caller", false));
    realm.call(caller, 1, "com.procedure", with("disclose_me", true));
    assert_eq!(realm.error(caller).error, reason::OPTION_DISALLOWED_DISCLOSE_ME);
    realm.call(caller, 2, "com.procedure", with("disclose_me", false));
    assert_eq!(realm.invocation(callee).details, none());
    assert!(!realm.features("dealer").flag("caller_identification"));
}

#[test]
fn a_realm_may_disclose_every_caller() {
    let mut realm = discloses(Disclosure::Always);
    let [callee, caller] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.procedure", none());
    for (request, options) in [(1, none()), (2, with("disclose_me", false))] {
        realm.call(caller, request, "com.procedure", options);
        assert_eq!(realm.invocation(callee).details.get("caller"), Some(&caller.into()));
    }
    assert!(realm.features("dealer").flag("caller_identification"));
}

#[test]
fn a_callee_that_registers_with_disclose_caller_hears_who_calls() {
    let mut realm = discloses(Disclosure::Auto);
    let caller = realm.join_as("carl", "guest");
    let [curious, other] = std::array::from_fn(|_| realm.join());
    realm.register(curious, "com.procedure", with("invoke", "roundrobin").with("disclose_caller", true));
    realm.register(other, "com.procedure", with("invoke", "roundrobin"));
    for request in [1, 2] {
        realm.call(caller, request, "com.procedure", none());
    }
    let who = with("caller", caller).with("caller_authid", "carl").with("caller_authrole", "guest");
    assert_eq!(realm.invocation(curious).details, who);
    assert_eq!(realm.invocation(other).details, none());
}

#[test]
fn a_rule_that_discloses_nobody_holds_against_callees_that_ask_for_it() {
    let disclosure = Some(Disclosure::Never);
    let rule = Permission { uri: "".into(), policy: Match::Prefix, allow: Actions::ALL, disclosure };
    let roles = ["callee", "secret"].map(|role| (role.into(), Role::new([rule.clone()])));
    let mut realm =
        Realm::with(RealmConfig { roles: Some(Arc::new(roles.into_iter().collect())), ..RealmConfig::open("realm1") });
    let [callee, caller] = ["callee", "secret"].map(|role| realm.join_as("x", role));
    realm.register(callee, "com.procedure", with("disclose_caller", true));
    realm.call(caller, 1, "com.procedure", none());
    assert_eq!(realm.invocation(callee).details, none());
}
