//! Subscriptions Meta API, and Subscription Revocation through it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::time::{Duration, SystemTime};

use realm_harness::*;

use wamp_proto::router::{MetaApi, RealmConfig, Stats};

fn realm() -> Realm {
    let meta = MetaApi { subscription: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") });
    let time_of_day = SystemTime::UNIX_EPOCH + Duration::from_millis(1_403_454_985_448);
    realm.machine.set_clock(Duration::ZERO, time_of_day);
    realm
}

fn watch(realm: &mut Realm, client: Id) {
    realm.subscribe(client, "wamp.subscription.", with("match", "prefix"));
    realm.received(client);
}

/// The meta events that the client received: the last component of their topics, and their arguments.
fn heard(realm: &mut Realm, client: Id) -> Vec<(String, Vec<Value>)> {
    let topic = |event: &Event| event.details.str("topic").unwrap().rsplit('.').next().unwrap().to_owned();
    realm.events(client).iter().map(|event| (topic(event), values(&event.payload))).collect()
}

fn details(subscription: Id, uri: &str, policy: &str) -> Value {
    let details = with("id", subscription).with("created", "2014-06-22T16:36:25.450Z");
    details.with("uri", uri).with("match", policy).into()
}

#[test]
fn subscription_meta_api() {
    let mut realm = realm();
    let [watcher, a, b] = std::array::from_fn(|_| realm.join());
    watch(&mut realm, watcher);
    realm.now = ms(2);
    let topic = realm.subscribe(a, "com.topic", none());
    let both = |id: Id| vec![id.into(), topic.into()];
    let created = (String::from("on_create"), vec![a.into(), details(topic, "com.topic", "exact")]);
    assert_eq!(heard(&mut realm, watcher), [created, ("on_subscribe".into(), both(a))]);
    realm.subscribe(b, "com.topic", none());
    realm.subscribe(b, "com.topic", none());
    assert_eq!(heard(&mut realm, watcher), [("on_subscribe".into(), both(b))]);

    assert_eq!(realm.meta(a, "wamp.subscription.get", &[topic.into()]), [details(topic, "com.topic", "exact")]);
    let mut subscribers = vec![a, b];
    subscribers.sort();
    assert_eq!(realm.meta(a, "wamp.subscription.list_subscribers", &[topic.into()]), [subscribers.into()]);
    assert_eq!(realm.meta(a, "wamp.subscription.count_subscribers", &[topic.into()]), [2.into()]);

    realm.leave(a);
    assert_eq!(heard(&mut realm, watcher), [("on_unsubscribe".into(), both(a))]);
    realm.say(b, Unsubscribe { request: id(2), subscription: topic });
    let expected = [("on_unsubscribe".into(), both(b)), ("on_delete".into(), both(b))];
    assert_eq!(heard(&mut realm, watcher), expected);
    assert!(matches!(realm.one(b), Message::Unsubscribed(_)));
    for procedure in ["get", "list_subscribers", "count_subscribers"] {
        let procedure = format!("wamp.subscription.{procedure}");
        assert_eq!(realm.meta_error(b, &procedure, &[topic.into()]), reason::NO_SUCH_SUBSCRIPTION);
        assert_eq!(realm.meta_error(b, &procedure, &["x".into()]), reason::INVALID_ARGUMENT);
    }
}

#[test]
fn subscriptions_are_found_by_topic_and_policy() {
    let mut realm = realm();
    let client = realm.join();
    let exact = realm.subscribe(client, "com.app.topic", none());
    let prefix = realm.subscribe(client, "com.app", with("match", "prefix"));
    let wildcard = realm.subscribe(client, "com..topic", with("match", "wildcard"));
    let other = realm.subscribe(client, "org.app", none());

    let lists = with("exact", vec![exact, other]).with("prefix", vec![prefix]).with("wildcard", vec![wildcard]);
    assert_eq!(realm.meta(client, "wamp.subscription.list", &[]), [lists.into()]);
    let mut lookup = |topic: &str, options: Dict| {
        realm.meta(client, "wamp.subscription.lookup", &[topic.into(), options.into()]).remove(0)
    };
    assert_eq!(lookup("com.app", with("match", "prefix")), prefix.into());
    assert_eq!(lookup("com.app.topic", none()), exact.into());
    assert_eq!(lookup("com.app", none()), Value::Null);
    let options = with("match", "regex");
    let arguments = ["com.app".into(), options.into()];
    assert_eq!(realm.meta_error(client, "wamp.subscription.lookup", &arguments), reason::INVALID_ARGUMENT);
    let matching = vec![exact, prefix, wildcard];
    assert_eq!(realm.meta(client, "wamp.subscription.match", &["com.app.topic".into()]), [matching.into()]);
    assert_eq!(realm.meta(client, "wamp.subscription.match", &["com".into()]), [Value::Null]);
    assert_eq!(realm.meta_error(client, "wamp.subscription.match", &[]), reason::INVALID_ARGUMENT);
    assert_eq!(realm.meta_error(client, "wamp.subscription.match", &["a..b".into()]), reason::INVALID_URI);
}

#[test]
fn a_session_hears_of_its_own_subscriptions_but_not_of_its_own_end() {
    let mut realm = realm();
    let client = realm.join();
    realm.now = ms(2);
    let own = realm.subscribe(client, "wamp.", with("match", "prefix"));
    let subscribed = ("on_subscribe".into(), vec![client.into(), own.into()]);
    let created = ("on_create".into(), vec![client.into(), details(own, "wamp.", "prefix")]);
    assert_eq!(heard(&mut realm, client), [created, subscribed]);
    realm.leave(client);
    assert!(realm.received(client).is_empty());
    assert_eq!(realm.machine.stats(), Stats::default());
}

#[test]
fn sessions_that_leave_together_hear_nothing_of_each_other() {
    let meta = MetaApi { subscription: true, session: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") });
    let [killer, a, b] = std::array::from_fn(|_| realm.join());
    for client in [a, b] {
        realm.subscribe(client, "wamp.", with("match", "prefix"));
    }
    for client in [a, b] {
        realm.received(client);
    }
    realm.meta(killer, "wamp.session.kill_by_authrole", &["anonymous".into()]);
    for client in [a, b] {
        assert!(matches!(realm.one(client), Message::Goodbye(_)));
    }
}

fn subscriber(realm: &mut Realm, features: Dict) -> Id {
    let roles = with("subscriber", with("features", features)).with("publisher", none());
    realm.join_with(with("roles", roles))
}

#[test]
fn subscription_revocation() {
    let mut realm = realm();
    assert!(realm.features("broker").flag("subscription_revocation"));
    let admin = realm.join();
    let told = subscriber(&mut realm, with("subscription_revocation", true));
    let untold = subscriber(&mut realm, none());
    watch(&mut realm, admin);
    let subscription = realm.subscribe(told, "com.topic", none());
    realm.subscribe(untold, "com.topic", none());
    realm.received(admin);
    let heard_of = |realm: &mut Realm, admin: Id| {
        let (mut events, mut results) = (Vec::new(), 0);
        for message in realm.received(admin) {
            match message {
                Message::Event(event) => events.push(event.details.str("topic").unwrap().to_string()),
                Message::Result(result) => results += usize::from(result.payload.is_empty()),
                other => panic!("{other:?}"),
            }
        }
        (events, results)
    };
    let remove = |session: Id, kwargs: Option<Dict>| {
        meta_call("wamp.subscription.remove_subscriber", &[subscription.into(), session.into()], kwargs)
    };
    realm.say(admin, remove(told, Some(with("reason", "no longer authorized"))));
    let details = with("subscription", subscription).with("reason", "no longer authorized");
    assert_eq!(realm.one(told), Unsubscribed { request: None, details }.into());
    assert_eq!(heard_of(&mut realm, admin), (vec!["wamp.subscription.on_unsubscribe".into()], 1));
    realm.say(admin, remove(untold, None));
    let topics = ["wamp.subscription.on_unsubscribe", "wamp.subscription.on_delete"].map(String::from);
    assert_eq!(heard_of(&mut realm, admin), (topics.to_vec(), 1));

    realm.publish(admin, "com.topic", none());
    assert!(realm.received(told).is_empty() && realm.received(untold).is_empty());
    realm.say(admin, remove(told, None));
    assert_eq!(realm.error(admin).error, reason::NO_SUCH_SUBSCRIPTION);
    realm.say(admin, remove(id(77), None));
    assert_eq!(realm.error(admin).error, reason::NO_SUCH_SESSION);
}

#[test]
fn welcome_announces_what_is_switched_on() {
    assert!(realm().features("broker").flag("subscription_meta_api"));
    assert!(!Realm::new().features("broker").flag("subscription_meta_api"));
}

#[test]
fn a_changed_clock_does_not_change_when_a_subscription_was_created() {
    let mut realm = realm();
    let client = realm.join();
    realm.now = ms(2);
    let topic = realm.subscribe(client, "com.topic", none());
    realm.machine.set_clock(ms(2), SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    assert_eq!(realm.meta(client, "wamp.subscription.get", &[topic.into()]), [details(topic, "com.topic", "exact")]);
    let later = realm.subscribe(client, "com.later", none());
    let found = realm.meta(client, "wamp.subscription.get", &[later.into()]).remove(0);
    assert_eq!(found.as_dict().unwrap().str("created").unwrap(), "1970-01-02T00:00:00.000Z");
}
