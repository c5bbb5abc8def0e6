//! Publication Trust Levels.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::collections::HashMap;

use realm_harness::*;

use wamp_proto::router::{Identity, RealmConfig, TrustLevels};

fn levels() -> TrustLevels {
    TrustLevels {
        dynamic: false,
        default: Some(1),
        by_authid: HashMap::from([("tom".into(), 9)]),
        by_authrole: HashMap::from([("staff".into(), 5)]),
        by_client_ip: HashMap::from([("127.0.0.1".parse().unwrap(), 3)]),
    }
}

fn realm(levels: TrustLevels) -> Realm {
    Realm::with(RealmConfig { trust_levels: Some(levels), ..RealmConfig::open("realm1") })
}

/// The trust level of what such a client publishes.
fn level(realm: &mut Realm, client: Identity) -> Option<u64> {
    let subscriber = realm.join();
    realm.subscribe(subscriber, "com.topic", none());
    let publisher = realm.enter(client);
    realm.publish(publisher, "com.topic", none());
    realm.leave(publisher);
    realm.events(subscriber)[0].details.u64("trustlevel")
}

#[test]
fn publication_trustlevels() {
    let mut realm = realm(levels());
    assert!(realm.features("broker").flag("publication_trustlevels"));
    let [tom, staff, guest] = [("tom", "staff"), ("x", "staff"), ("x", "guest")]
        .map(|(authid, role)| realm.identity(authid, role, hello_details(EVERYTHING)));
    let at = |client: &Identity, ip: &str| Identity { client_ip: Some(ip.parse().unwrap()), ..client.clone() };
    let found_out = Identity { trust_level: Some(0), ..tom.clone() };
    for (client, expected) in [
        (at(&guest, "10.1.2.3"), 1),
        (at(&guest, "127.0.0.1"), 3),
        (at(&guest, "::ffff:127.0.0.1"), 3),
        (at(&staff, "127.0.0.1"), 5),
        (at(&tom, "127.0.0.1"), 9),
        (found_out, 0),
        (guest, 1),
    ] {
        assert_eq!(level(&mut realm, client.clone()), Some(expected), "{client:?}");
    }
}

#[test]
fn a_realm_may_have_no_default_level() {
    let mut realm = realm(TrustLevels { default: None, ..levels() });
    let guest = realm.identity("x", "guest", hello_details(EVERYTHING));
    assert_eq!(level(&mut realm, guest), None);
}

#[test]
fn a_realm_without_levels_says_nothing() {
    let mut realm = Realm::new();
    assert!(!realm.features("broker").flag("publication_trustlevels"));
    let identity = realm.identity("x", "guest", hello_details(EVERYTHING));
    assert_eq!(level(&mut realm, Identity { trust_level: Some(7), ..identity }), None);
}
