//! Subscriber Black- and Whitelisting.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

/// Anna and Bert are staff, Carl is a guest.
fn audience() -> (Realm, Id, [Id; 3]) {
    let mut realm = Realm::new();
    let clients = [("anna", "staff"), ("bert", "staff"), ("carl", "guest")].map(|(who, role)| realm.join_as(who, role));
    for client in clients {
        realm.subscribe(client, "com.topic", none());
    }
    let publisher = realm.join_as("pia", "staff");
    (realm, publisher, clients)
}

#[track_caller]
fn check(options: Dict, receivers: [bool; 3]) {
    let (mut realm, publisher, clients) = audience();
    realm.publish(publisher, "com.topic", options.clone());
    assert_eq!(clients.map(|client| !realm.events(client).is_empty()), receivers, "{options:?}");
}

#[test]
fn lists_of_authids_and_authroles_choose_the_receivers() {
    check(none(), [true, true, true]);
    check(with("exclude_authid", vec!["anna", "nobody"]), [false, true, true]);
    check(with("eligible_authid", vec!["anna", "carl"]), [true, false, true]);
    check(with("exclude_authrole", vec!["staff"]), [false, false, true]);
    check(with("eligible_authrole", vec!["staff"]), [true, true, false]);
    check(with("eligible_authid", Vec::<Value>::new()), [false, false, false]);
    check(with("exclude_authid", Vec::<Value>::new()), [true, true, true]);
}

#[test]
fn all_lists_must_agree() {
    check(with("eligible_authrole", vec!["staff"]).with("exclude_authid", vec!["bert"]), [true, false, false]);
    check(with("eligible_authid", vec!["anna"]).with("exclude_authid", vec!["anna"]), [false, false, false]);
    check(with("eligible_authid", vec!["carl"]).with("eligible_authrole", vec!["staff"]), [false, false, false]);
}

#[test]
fn lists_of_session_ids_choose_the_receivers() {
    let (mut realm, publisher, [anna, bert, carl]) = audience();
    realm.publish(publisher, "com.topic", with("exclude", vec![anna, carl]));
    assert_eq!([anna, bert, carl].map(|client| realm.events(client).len()), [0, 1, 0]);
    realm.publish(publisher, "com.topic", with("eligible", vec![anna, carl]).with("exclude", vec![carl]));
    assert_eq!([anna, bert, carl].map(|client| realm.events(client).len()), [1, 0, 0]);
}

#[test]
fn eligible_does_not_bring_the_publisher_back() {
    let (mut realm, publisher, [anna, ..]) = audience();
    realm.subscribe(publisher, "com.topic", none());
    realm.publish(publisher, "com.topic", with("eligible", vec![anna, publisher]));
    assert!(realm.events(publisher).is_empty());
    realm.publish(publisher, "com.topic", with("eligible", vec![anna, publisher]).with("exclude_me", false));
    assert_eq!(realm.events(publisher).len(), 1);
}

#[test]
fn a_list_that_is_none_sends_the_event_to_nobody() {
    let wrong = [with("eligible", "anna"), with("exclude_authid", vec![1_u64]), with("eligible", vec!["x"])];
    for options in wrong {
        let (mut realm, publisher, clients) = audience();
        realm.publish(publisher, "com.topic", options.with("acknowledge", true));
        assert_eq!(realm.error(publisher).error, reason::INVALID_ARGUMENT);
        assert_eq!(clients.map(|client| realm.events(client).len()), [0, 0, 0]);
    }
}
