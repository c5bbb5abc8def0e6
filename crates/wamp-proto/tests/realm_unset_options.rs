//! Clients whose language has null for what is not set send it as an option: it counts as absent.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn unset(keys: &[&str]) -> Dict {
    keys.iter().map(|key| (*key, Value::Null)).collect()
}

#[test]
fn options_that_are_null_are_absent() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    realm.subscribe(a, "com.topic", unset(&["match", "get_retained"]));
    realm.register(a, "com.procedure", unset(&["match", "invoke"]));

    let lists = ["exclude", "eligible", "exclude_authid", "eligible_authid", "exclude_authrole", "eligible_authrole"];
    realm.publish(b, "com.topic", unset(&lists));
    assert_eq!(realm.events(a).len(), 1);

    realm.call(b, 1, "com.procedure", unset(&["timeout", "receive_progress"]));
    assert_eq!(realm.invocation(a).details, none());
    realm.say(b, Cancel { request: id(1), options: unset(&["mode"]) });
    assert_eq!(realm.error(b).error, reason::CANCELED);
}

#[test]
fn a_hello_may_name_what_it_does_not_use() {
    let mut realm = Realm::new();
    let roles = Dict::new().with("subscriber", Dict::new()).with("callee", Value::Null);
    let details = Dict::new().with("roles", roles).with("authmethods", Value::Null).with("authid", Value::Null);
    let client = realm.join_with(details);
    realm.subscribe(client, "com.topic", none());
}
