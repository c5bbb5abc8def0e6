//! Call Trust Levels.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::collections::HashMap;

use realm_harness::*;

use wamp_proto::router::{RealmConfig, TrustLevels};

fn realm(default: Option<u64>) -> Realm {
    let by_authrole = HashMap::from([("staff".into(), 5)]);
    let trust_levels = Some(TrustLevels { default, by_authrole, ..TrustLevels::default() });
    Realm::with(RealmConfig { trust_levels, ..RealmConfig::open("realm1") })
}

/// What the callee hears of a call by somebody of that role.
fn called_by(realm: &mut Realm, authrole: &str, options: Dict) -> Dict {
    let caller = realm.join_as("x", authrole);
    let callee = realm.join();
    realm.register(callee, "com.procedure", with("force_reregister", true));
    realm.call(caller, 1, "com.procedure", options);
    realm.invocation(callee).details
}

#[test]
fn call_trustlevels() {
    let mut realm = realm(Some(0));
    assert!(realm.features("dealer").flag("call_trustlevels"));
    assert_eq!(called_by(&mut realm, "staff", none()), with("trustlevel", 5_u64));
    assert_eq!(called_by(&mut realm, "guest", none()), with("trustlevel", 0_u64));
    let details = called_by(&mut realm, "staff", with("disclose_me", true));
    assert_eq!((details.u64("trustlevel"), details.str("caller_authrole").unwrap()), (Some(5), &"staff".into()));
}

#[test]
fn a_realm_may_say_nothing_of_callers() {
    assert_eq!(called_by(&mut realm(None), "guest", none()), none());
    let mut without = Realm::new();
    assert!(!without.features("dealer").flag("call_trustlevels"));
    assert_eq!(called_by(&mut without, "staff", none()), none());
}

#[test]
fn all_pieces_of_a_call_have_its_level() {
    let mut realm = realm(None);
    let caller = realm.join_as("x", "staff");
    let callee = realm.join();
    realm.register(callee, "com.procedure", none());
    realm.call(caller, 1, "com.procedure", with("progress", true));
    realm.call(caller, 1, "com.procedure", none());
    for message in realm.received(callee) {
        let Message::Invocation(invocation) = message else { panic!("no INVOCATION: {message:?}") };
        assert_eq!(invocation.details.u64("trustlevel"), Some(5));
    }
}
