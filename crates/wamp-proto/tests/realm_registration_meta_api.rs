//! Registration Meta API, and Registration Revocation through it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::time::{Duration, SystemTime};

use realm_harness::*;

use wamp_proto::router::{MetaApi, RealmConfig, Stats};

fn realm() -> Realm {
    let meta = MetaApi { registration: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") });
    realm.machine.set_clock(Duration::ZERO, SystemTime::UNIX_EPOCH + Duration::from_millis(1_403_454_985_448));
    realm
}

fn watcher(realm: &mut Realm) -> Id {
    let watcher = realm.join();
    realm.subscribe(watcher, "wamp.registration.", with("match", "prefix"));
    watcher
}

/// The meta events that the client received: the last component of their topics, and their arguments.
fn heard(realm: &mut Realm, client: Id) -> Vec<(String, Vec<Value>)> {
    let topic = |event: &Event| event.details.str("topic").unwrap().rsplit('.').next().unwrap().to_owned();
    realm.events(client).iter().map(|event| (topic(event), values(&event.payload))).collect()
}

fn event(name: &str, callee: Id, registration: Id) -> (String, Vec<Value>) {
    (name.into(), vec![callee.into(), registration.into()])
}

fn details(registration: Id, uri: &str, policy: &str, invoke: &str) -> Value {
    let details = with("id", registration).with("created", "2014-06-22T16:36:25.450Z").with("uri", uri);
    details.with("match", policy).with("invoke", invoke).into()
}

fn created(callee: Id, details: Value) -> (String, Vec<Value>) {
    ("on_create".into(), vec![callee.into(), details])
}

#[test]
fn registration_meta_api() {
    let mut realm = realm();
    let watcher = watcher(&mut realm);
    let [a, b] = std::array::from_fn(|_| realm.join());
    realm.now = ms(2);
    let shared = || with("invoke", "roundrobin");
    let work = realm.register(a, "com.work", shared());
    let expected = details(work, "com.work", "exact", "roundrobin");
    assert_eq!(heard(&mut realm, watcher), [created(a, expected.clone()), event("on_register", a, work)]);
    realm.register(b, "com.work", shared());
    assert_eq!(heard(&mut realm, watcher), [event("on_register", b, work)]);
    realm.register_error(b, "com.work", shared());
    assert!(realm.received(watcher).is_empty());

    assert_eq!(realm.meta(a, "wamp.registration.get", &[work.into()]), [expected]);
    assert_eq!(realm.meta(a, "wamp.registration.list_callees", &[work.into()]), [vec![a, b].into()]);
    assert_eq!(realm.meta(a, "wamp.registration.count_callees", &[work.into()]), [2.into()]);

    realm.leave(a);
    assert_eq!(heard(&mut realm, watcher), [event("on_unregister", a, work)]);
    realm.say(b, Unregister { request: id(2), registration: work });
    assert_eq!(heard(&mut realm, watcher), [event("on_unregister", b, work), event("on_delete", b, work)]);
    assert!(matches!(realm.one(b), Message::Unregistered(_)));
    for procedure in ["get", "list_callees", "count_callees"] {
        let procedure = format!("wamp.registration.{procedure}");
        assert_eq!(realm.meta_error(b, &procedure, &[work.into()]), reason::NO_SUCH_REGISTRATION);
        assert_eq!(realm.meta_error(b, &procedure, &["x".into()]), reason::INVALID_ARGUMENT);
    }
}

#[test]
fn registrations_are_found_by_procedure_and_policy() {
    let mut realm = realm();
    let client = realm.join();
    let exact = realm.register(client, "com.work.more", none());
    let prefix = realm.register(client, "com.work", with("match", "prefix"));
    let wildcard = realm.register(client, "com..more", with("match", "wildcard"));
    let lists = with("exact", vec![exact]).with("prefix", vec![prefix]).with("wildcard", vec![wildcard]);
    assert_eq!(realm.meta(client, "wamp.registration.list", &[]), [lists.into()]);

    let mut lookup = |uri: &str, options: Option<Dict>| {
        let args: Vec<Value> = [Some(uri.into()), options.map(Value::from)].into_iter().flatten().collect();
        realm.meta(client, "wamp.registration.lookup", &args).remove(0)
    };
    assert_eq!(lookup("com.work.more", None), exact.into());
    assert_eq!(lookup("com.work", Some(with("match", "prefix").with("invoke", "first"))), prefix.into());
    assert_eq!(lookup("com..more", Some(with("match", "wildcard"))), wildcard.into());
    assert_eq!(lookup("com.work", None), Value::Null);

    let mut best = |uri: &str| realm.meta(client, "wamp.registration.match", &[uri.into()]).remove(0);
    assert_eq!(
        ["com.work.more", "com.work.x", "com.x.more"].map(&mut best),
        [exact, prefix, wildcard].map(Value::from)
    );
    assert_eq!(best("com.x.y"), Value::Null);
    for (procedure, args) in [("lookup", vec![]), ("match", vec![7.into()]), ("lookup", vec!["a".into(), 7.into()])] {
        let procedure = format!("wamp.registration.{procedure}");
        assert_eq!(realm.meta_error(client, &procedure, &args), reason::INVALID_ARGUMENT);
    }
}

#[test]
fn a_procedure_that_is_taken_by_force_has_a_new_registration() {
    let mut realm = realm();
    let watcher = watcher(&mut realm);
    let [a, b, c] = std::array::from_fn(|_| realm.join());
    realm.now = ms(2);
    let old = realm.register(a, "com.work", with("invoke", "first"));
    realm.register(b, "com.work", with("invoke", "first"));
    realm.received(watcher);
    let new = realm.register(c, "com.work", with("force_reregister", true));
    let expected = [
        event("on_unregister", a, old),
        event("on_unregister", b, old),
        event("on_delete", b, old),
        created(c, details(new, "com.work", "exact", "single")),
        event("on_register", c, new),
    ];
    assert_eq!(heard(&mut realm, watcher), expected);
}

#[test]
fn remove_callee_takes_a_registration_away() {
    let mut realm = realm();
    let watcher = watcher(&mut realm);
    let admin = realm.join();
    let [told, untold] = [EVERYTHING, &[]].map(|features| realm.join_with(hello_details(features)));
    let work = [told, untold].map(|callee| realm.register(callee, "com.work", with("invoke", "last")))[0];
    realm.received(watcher);
    let kwargs = with("reason", "com.myapp.moved");
    realm.say(admin, meta_call("wamp.registration.remove_callee", &[work.into(), told.into()], Some(kwargs)));
    assert!(realm.result(admin).payload.is_empty());
    let details = with("registration", work).with("reason", "com.myapp.moved");
    assert_eq!(realm.one(told), Unregistered { request: None, details }.into());
    assert_eq!(heard(&mut realm, watcher), [event("on_unregister", told, work)]);

    let wrong = [told.into(), work.into()];
    assert_eq!(realm.meta_error(admin, "wamp.registration.remove_callee", &wrong), reason::NO_SUCH_SESSION);
    let again = [work.into(), told.into()];
    assert_eq!(realm.meta_error(admin, "wamp.registration.remove_callee", &again), reason::NO_SUCH_REGISTRATION);
    realm.meta(admin, "wamp.registration.remove_callee", &[work.into(), untold.into()]);
    assert!(realm.received(untold).is_empty());
    assert_eq!(heard(&mut realm, watcher).len(), 2);
    assert_eq!(realm.machine.stats(), Stats { sessions: 4, subscriptions: 1, ..Stats::default() });
}

#[test]
fn it_is_offered_only_where_it_is_switched_on() {
    let mut on = realm();
    let mut off = Realm::new();
    assert!(on.features("dealer").flag("registration_meta_api"));
    assert!(!off.features("dealer").flag("registration_meta_api"));
    let client = off.join();
    off.subscribe(client, "wamp.registration.on_create", none());
    off.register(client, "com.work", none());
    assert!(off.received(client).is_empty());
    assert_eq!(off.meta_error(client, "wamp.registration.list", &[]), reason::NO_SUCH_PROCEDURE);
}

#[test]
fn a_changed_clock_does_not_change_when_a_registration_was_created() {
    let mut realm = realm();
    let callee = realm.join();
    realm.now = ms(2);
    let work = realm.register(callee, "com.work", none());
    realm.machine.set_clock(ms(2), SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    let expected = details(work, "com.work", "exact", "single");
    assert_eq!(realm.meta(callee, "wamp.registration.get", &[work.into()]), [expected]);
}
