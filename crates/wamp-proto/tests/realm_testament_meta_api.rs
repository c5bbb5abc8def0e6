//! Testaments.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::sync::Arc;

use realm_harness::*;

use wamp_proto::router::{Actions, Limits, MetaApi, Permission, RealmConfig, Role};
use wamp_proto::uri::Match;

fn add(topic: &str, value: u64, options: Option<Dict>) -> Call {
    let args = [topic.into(), vec![value].into(), with("name", "app1").into()];
    meta_call("wamp.session.add_testament", &args, options)
}

#[track_caller]
fn succeed(realm: &mut Realm, client: Id, call: Call) {
    realm.say(client, call);
    assert!(realm.result(client).payload.is_empty());
}

fn scope(name: &str) -> Option<Dict> {
    Some(with("scope", name))
}

fn flush(kwargs: Option<Dict>) -> Call {
    meta_call("wamp.session.flush_testaments", &[], kwargs)
}

/// The first arguments of the events that the client received.
fn heard(realm: &mut Realm, client: Id) -> Vec<Value> {
    realm.events(client).iter().map(|event| values(&event.payload).remove(0)).collect()
}

#[test]
fn testament_meta_api() {
    let mut realm = Realm::new();
    assert!(realm.features("dealer").flag("testament_meta_api"));
    let [watcher, client] = std::array::from_fn(|_| realm.join());
    realm.subscribe(watcher, "com.", with("match", "prefix"));
    succeed(&mut realm, client, add("com.a", 1, None));
    succeed(&mut realm, client, add("com.b", 2, scope("detached")));
    succeed(&mut realm, client, add("com.c", 3, scope("destroyed")));
    assert!(realm.received(watcher).is_empty());
    realm.leave(client);
    let events = realm.events(watcher);
    let topics: Vec<_> = events.iter().map(|event| event.details.str("topic").unwrap().to_string()).collect();
    assert_eq!(topics, ["com.b", "com.a", "com.c"]);
    assert_eq!(values(&events[0].payload), [2.into()]);
    let kwargs = events[0].payload.serializer.read_value(events[0].payload.kwargs.as_ref().unwrap());
    assert_eq!(kwargs.unwrap(), with("name", "app1").into());
}

#[test]
fn flushed_testaments_are_not_published() {
    let mut realm = Realm::new();
    let [watcher, client] = std::array::from_fn(|_| realm.join());
    realm.subscribe(watcher, "com.topic", none());
    for (value, scope) in [(1, scope("detached")), (2, None), (3, scope("detached")), (4, None)] {
        succeed(&mut realm, client, add("com.topic", value, scope));
    }
    succeed(&mut realm, client, flush(None));
    succeed(&mut realm, client, add("com.topic", 5, None));
    realm.leave(client);
    assert_eq!(heard(&mut realm, watcher), [1.into(), 3.into(), 5.into()]);

    let client = realm.join();
    succeed(&mut realm, client, add("com.topic", 1, scope("detached")));
    succeed(&mut realm, client, flush(scope("detached")));
    realm.leave(client);
    assert!(realm.received(watcher).is_empty());
}

#[test]
fn testaments_are_published_however_the_session_ends() {
    let meta = MetaApi { session: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") });
    let watcher = realm.join();
    realm.subscribe(watcher, "com.topic", none());
    let ends: [fn(&mut Realm, Id, Id); 5] = [
        |realm, client, _| realm.leave(client),
        |realm, client, _| realm.say(client, Goodbye { details: none(), reason: reason::CLOSE_REALM.into() }),
        |realm, client, _| realm.say(client, Abort { details: none(), reason: reason::ABORT.into() }),
        |realm, client, _| realm.say(client, Hello { realm: "realm1".into(), details: none() }),
        |realm, client, killer| drop(realm.meta(killer, "wamp.session.kill", &[client.into()])),
    ];
    for end in ends {
        let [client, killer] = std::array::from_fn(|_| realm.join());
        succeed(&mut realm, client, add("com.topic", 7, None));
        end(&mut realm, client, killer);
        assert_eq!(heard(&mut realm, watcher), [7.into()]);
    }
    let client = realm.join();
    succeed(&mut realm, client, add("com.topic", 7, None));
    realm.meta(watcher, "wamp.session.kill_all", &[]);
    assert!(realm.received(watcher).is_empty(), "the specification wants silence then");
}

#[test]
fn the_options_of_a_testament_are_those_of_its_publication() {
    let mut realm = Realm::new();
    let [one, other] = std::array::from_fn(|_| realm.join());
    let client = realm.join_as("carl", "guest");
    for subscriber in [one, other] {
        realm.subscribe(subscriber, "com.topic", none());
    }
    let options = with("disclose_me", true).with("exclude", vec![other]).with("acknowledge", true);
    succeed(&mut realm, client, add("com.topic", 1, Some(with("publish_options", options))));
    realm.leave(client);
    let who = with("publisher", client).with("publisher_authid", "carl").with("publisher_authrole", "guest");
    assert_eq!(realm.events(one)[0].details, who);
    assert!(realm.received(other).is_empty());
}

#[test]
fn what_cannot_be_published_is_no_testament() {
    let mut realm = Realm::new();
    let client = realm.join();
    let options = |options: Dict| Some(with("publish_options", options));
    for (call, error) in [
        (add("wamp.session.on_join", 1, None), reason::INVALID_URI),
        (add("a..b", 1, None), reason::INVALID_URI),
        (add("com.topic", 1, scope("later")), reason::INVALID_ARGUMENT),
        (add("com.topic", 1, Some(with("scope", 1_u64))), reason::INVALID_ARGUMENT),
        (add("com.topic", 1, options(with("exclude", true))), reason::INVALID_ARGUMENT),
        (add("com.topic", 1, Some(with("publish_options", true))), reason::INVALID_ARGUMENT),
        (meta_call("wamp.session.add_testament", &[], None), reason::INVALID_ARGUMENT),
        (meta_call("wamp.session.add_testament", &["a".into(), 1.into()], None), reason::INVALID_ARGUMENT),
        (flush(scope("")), reason::INVALID_ARGUMENT),
    ] {
        realm.say(client, call.clone());
        assert_eq!(realm.error(client).error, error, "{call:?}");
    }
}

#[test]
fn who_may_not_publish_has_no_testaments() {
    let rule =
        |uri: &str, allow: Actions| Permission { uri: uri.into(), policy: Match::Prefix, allow, disclosure: None };
    let call = Actions { call: true, ..Actions::default() };
    let rules = [rule("com.mine", Actions::ALL), rule("com.others", call), rule("wamp.", call)];
    let roles = Some(Arc::new([("guest".into(), Role::new(rules))].into()));
    let mut realm = Realm::with(RealmConfig { roles, ..RealmConfig::open("realm1") });
    let client = realm.join_as("gus", "guest");
    succeed(&mut realm, client, add("com.mine", 1, None));
    realm.say(client, add("com.others", 1, None));
    assert_eq!(realm.error(client).error, reason::NOT_AUTHORIZED);
}

#[test]
fn a_session_has_so_many_testaments_and_no_more() {
    let realm = |limits| Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    let mut few = realm(Limits { testaments: 2, ..Limits::default() });
    let client = few.join();
    for _ in 0..2 {
        succeed(&mut few, client, add("com.topic", 1, None));
    }
    few.say(client, add("com.topic", 1, None));
    assert_eq!(few.error(client).error, reason::NOT_AUTHORIZED);
    succeed(&mut few, client, flush(None));
    succeed(&mut few, client, add("com.topic", 1, None));

    let mut short = realm(Limits { testament_bytes: 200, ..Limits::default() });
    let client = short.join();
    succeed(&mut short, client, add("com.topic", 1, None));
    short.say(client, add(&"x".repeat(190), 1, None));
    assert_eq!(short.error(client).error, reason::NOT_AUTHORIZED);

    let mut none = realm(Limits { testaments: 0, ..Limits::default() });
    assert!(!none.features("dealer").flag("testament_meta_api"));
    let client = none.join();
    none.say(client, add("com.topic", 1, None));
    assert_eq!(none.error(client).error, reason::NO_SUCH_PROCEDURE);
}

#[test]
fn empty_arguments_may_be_either_kind_of_table() {
    let mut realm = Realm::new();
    let client = realm.join();
    let [list, dict] = [Value::List(Vec::new()), Value::Dict(none())];
    let options = Some(with("publish_options", list.clone()));
    succeed(&mut realm, client, meta_call("wamp.session.add_testament", &["com.a".into(), dict, list], options));
}

#[test]
fn what_is_not_given_is_not_published() {
    let given: [(&[Value], Option<&str>, Option<&str>); 4] = [
        (&[], None, None),
        (&[Value::Null, Value::Null], None, None),
        (&[Value::List(vec![1.into()])], Some("[1]"), None),
        (&[Value::Null, Value::Dict(Dict::new().with("a", 1))], Some("[]"), Some(r#"{"a":1}"#)),
    ];
    for (rest, args, kwargs) in given {
        let mut realm = Realm::new();
        let [watcher, client] = std::array::from_fn(|_| realm.join());
        realm.subscribe(watcher, "com.a", none());
        let args_of_call = [&["com.a".into()], rest].concat();
        succeed(&mut realm, client, meta_call("wamp.session.add_testament", &args_of_call, None));
        realm.leave(client);
        let payload = realm.events(watcher).remove(0).payload.to(Serializer::Json).unwrap();
        let text = |slice: Option<bytes::Bytes>| slice.map(|slice| String::from_utf8(slice.to_vec()).unwrap());
        assert_eq!((text(payload.args).as_deref(), text(payload.kwargs).as_deref()), (args, kwargs));
    }
}

#[test]
fn a_testament_uses_what_its_publisher_has_announced() {
    let mut realm = Realm::new();
    let client = realm.join_with(with("roles", with("publisher", none()).with("caller", none())));
    let options = with("publish_options", with("ppt_scheme", "x_custom"));
    realm.say(client, add("com.a", 1, Some(options)));
    assert_eq!(realm.error(client).error, reason::FEATURE_NOT_SUPPORTED);
}

#[test]
fn a_testament_has_the_very_bytes_that_were_given() {
    for Payload { serializer, args, kwargs } in of_one_format_alone() {
        let mut realm = Realm::new();
        let [watcher, client] = std::array::from_fn(|_| realm.join());
        realm.subscribe(watcher, "com.topic", none());
        let topic = serializer.write_value(&"com.topic".into());
        let given = [topic, args.clone().unwrap(), kwargs.clone().unwrap()];
        let message = meta_call("wamp.session.add_testament", &[], None);
        succeed(&mut realm, client, Call { payload: list_of(serializer, &given), ..message });
        realm.leave(client);
        assert_eq!(realm.events(watcher)[0].payload, Payload { serializer, args, kwargs });
    }
}

/// Arguments that are written already.
fn list_of(serializer: Serializer, elements: &[bytes::Bytes]) -> Payload {
    let count = elements.len() as u8;
    let args = match serializer {
        Serializer::Json => [b"[", &elements.join(&b","[..])[..], b"]"].concat(),
        Serializer::MsgPack => [&[0x90 | count], &elements.concat()[..]].concat(),
        Serializer::Cbor => [&[0x80 | count], &elements.concat()[..]].concat(),
    };
    Payload { serializer, args: Some(args.into()), kwargs: None }
}
