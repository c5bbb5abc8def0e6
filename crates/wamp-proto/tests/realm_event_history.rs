//! Event History.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use realm_harness::*;

use wamp_proto::router::{Actions, HistoryRule, MetaApi, Permission, RealmConfig, Role, Stats};
use wamp_proto::uri::Match;

fn rule(topic: &str, policy: Match, events: usize) -> HistoryRule {
    HistoryRule { topic: topic.into(), policy, events, bytes: 1 << 20 }
}

fn realm_with(history: Vec<HistoryRule>) -> Realm {
    let meta = MetaApi { subscription: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { history, meta, ..RealmConfig::open("realm1") });
    // 2014-06-22T16:36:25.448Z and a bit.
    realm.machine.set_clock(Duration::ZERO, SystemTime::UNIX_EPOCH + Duration::from_micros(1_403_454_985_448_700));
    realm
}

fn realm() -> Realm {
    realm_with(vec![rule("com.log", Match::Prefix, 100)])
}

/// Publishes `[value]`, a second after the one before. The publication's id.
fn publish_value(realm: &mut Realm, from: Id, topic: &str, value: u64, options: Dict) -> Value {
    realm.now += Duration::from_secs(1);
    let payload = json(&format!("[{value}]"));
    realm.say(from, Publish { payload, ..publish(topic, options.with("acknowledge", true)) });
    let Message::Published(published) = realm.one(from) else { panic!("not published") };
    published.publication.into()
}

fn lookup(realm: &mut Realm, client: Id, topic: &str, policy: &str) -> Value {
    realm.meta(client, "wamp.subscription.lookup", &[topic.into(), with("match", policy).into()]).remove(0)
}

/// The events that somebody gets, and whether there are more.
fn ask(realm: &mut Realm, client: Id, subscription: &Value, kwargs: Dict) -> (Vec<Dict>, bool) {
    realm.say(client, meta_call("wamp.subscription.get_events", std::slice::from_ref(subscription), Some(kwargs)));
    let payload = realm.result(client).payload;
    let kwargs = payload.serializer.read_value(payload.kwargs.as_ref().unwrap()).unwrap();
    let events = values(&payload).iter().map(|event| event.as_dict().unwrap().clone()).collect();
    (events, kwargs.as_dict().unwrap().flag("more"))
}

/// Their first arguments.
fn history(realm: &mut Realm, client: Id, subscription: &Value, kwargs: Dict) -> Vec<u64> {
    let (events, _) = ask(realm, client, subscription, kwargs);
    events.iter().map(|event| event.get("args").unwrap().as_list().unwrap()[0].as_u64().unwrap()).collect()
}

#[test]
fn event_history() {
    let mut realm = realm();
    assert!(realm.features("broker").flag("event_history"));
    let [publisher, client] = std::array::from_fn(|_| realm.join());
    let first = publish_value(&mut realm, publisher, "com.log.auth", 1, with("disclose_me", true));
    let second = publish_value(&mut realm, publisher, "com.log.basket", 2, none());
    publish_value(&mut realm, publisher, "com.other", 3, none());
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    let expected = [
        with("timestamp", "2014-06-22T16:36:26.448Z")
            .with("subscription", subscription.clone())
            .with("publication", first)
            .with(
                "details",
                with("topic", "com.log.auth")
                    .with("publisher", publisher)
                    .with("publisher_authid", authid(&mut realm, publisher))
                    .with("publisher_authrole", "anonymous"),
            )
            .with("args", vec![1_u64]),
        with("timestamp", "2014-06-22T16:36:27.448Z")
            .with("subscription", subscription.clone())
            .with("publication", second)
            .with("details", with("topic", "com.log.basket"))
            .with("args", vec![2_u64]),
    ];
    assert_eq!(ask(&mut realm, client, &subscription, none()), (expected.to_vec(), false));
}

/// As the subscribers hear it.
fn authid(realm: &mut Realm, publisher: Id) -> Value {
    let subscriber = realm.join();
    realm.subscribe(subscriber, "com.authid", none());
    realm.publish(publisher, "com.authid", with("disclose_me", true));
    realm.events(subscriber)[0].details.get("publisher_authid").unwrap().clone()
}

/// The specification's own example.
#[test]
fn each_subscription_has_the_history_that_it_would_have_received() {
    let mut realm = realm_with(vec![rule("com.mycompany.log", Match::Prefix, 100)]);
    let [publisher, client] = std::array::from_fn(|_| realm.join());
    for (topic, value) in [("auth", 1), ("basket", 2), ("basket", 3), ("basket", 4), ("checkout", 5)] {
        publish_value(&mut realm, publisher, &format!("com.mycompany.log.{topic}"), value, none());
    }
    let auth = realm.subscribe(client, "com.mycompany.log.auth", none()).into();
    let basket = realm.subscribe(client, "com.mycompany.log.basket", none()).into();
    let all = realm.subscribe(client, "com.mycompany.log", with("match", "prefix")).into();
    let elsewhere = realm.subscribe(client, "com.elsewhere", none()).into();
    realm.received(client);
    for (subscription, expected) in
        [(auth, vec![1]), (basket, vec![2, 3, 4]), (all, vec![1, 2, 3, 4, 5]), (elsewhere, vec![])]
    {
        assert_eq!(history(&mut realm, client, &subscription, none()), expected);
    }
}

#[test]
fn what_a_killed_session_leaves_behind_is_of_that_time() {
    let mut realm = realm();
    let [victim, client] = std::array::from_fn(|_| realm.join());
    let log = realm.subscribe(client, "com.log", none()).into();
    realm.meta(victim, "wamp.session.add_testament", &["com.log".into(), vec![1_u64].into()]);
    realm.now += ms(5000);
    assert!(realm.machine.kill(victim, "wamp.close.normal", None, realm.now));
    realm.collect();
    assert_eq!(realm.events(client).len(), 1);
    let (events, _) = ask(&mut realm, client, &log, none());
    assert_eq!(events[0].str("timestamp").unwrap(), "2014-06-22T16:36:30.448Z");
}

#[test]
fn events_are_chosen_by_time() {
    let mut realm = realm();
    let client = realm.join();
    for value in 1..=4 {
        publish_value(&mut realm, client, "com.log", value, none());
    }
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    let [second, third] = ["2014-06-22T16:36:27.448Z", "2014-06-22T18:36:28.448+02:00"];
    for (kwargs, expected) in [
        (with("from_time", second), vec![2, 3, 4]),
        (with("after_time", second), vec![3, 4]),
        (with("before_time", third), vec![1, 2]),
        (with("until_time", third), vec![1, 2, 3]),
        (with("from_time", second).with("before_time", third), vec![2]),
        (with("from_time", second).with("after_time", second), vec![3, 4]),
        (with("from_time", "2044-06-22T16:36:27Z"), vec![]),
        (with("until_time", third).with("reverse", true), vec![3, 2, 1]),
    ] {
        assert_eq!(history(&mut realm, client, &subscription, kwargs.clone()), expected, "{kwargs:?}");
    }
}

#[test]
fn events_are_chosen_by_publication_and_in_pages() {
    let mut realm = realm();
    let client = realm.join();
    let ids: Vec<Value> = (1..=5).map(|n| publish_value(&mut realm, client, "com.log", n, none())).collect();
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    let [second, fourth] = [&ids[1], &ids[3]];
    for (kwargs, expected) in [
        (with("from_publication", second.clone()), vec![2, 3, 4, 5]),
        (with("after_publication", second.clone()), vec![3, 4, 5]),
        (with("before_publication", fourth.clone()), vec![1, 2, 3]),
        (with("until_publication", fourth.clone()), vec![1, 2, 3, 4]),
        (with("after_publication", second.clone()).with("before_publication", fourth.clone()), vec![3]),
        (with("after_publication", second.clone()).with("reverse", true), vec![5, 4, 3]),
        (with("limit", 2_u64), vec![1, 2]),
        (with("limit", 2_u64).with("reverse", true), vec![5, 4]),
        (with("limit", 2_u64).with("reverse", true).with("before_publication", fourth.clone()), vec![3, 2]),
    ] {
        assert_eq!(history(&mut realm, client, &subscription, kwargs.clone()), expected, "{kwargs:?}");
    }
    for (limit, more) in [(4_u64, true), (5, false), (6, false)] {
        assert_eq!(ask(&mut realm, client, &subscription, with("limit", limit)).1, more);
    }
}

#[test]
fn a_pattern_can_be_asked_for_one_of_its_topics() {
    let mut realm = realm();
    let client = realm.join();
    for (topic, value) in [("com.log.a", 1), ("com.log.b", 2), ("com.log.a", 3)] {
        publish_value(&mut realm, client, topic, value, none());
    }
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    assert_eq!(history(&mut realm, client, &subscription, with("topic", "com.log.a")), [1, 3]);
    assert!(history(&mut realm, client, &subscription, with("topic", "com.log")).is_empty());
}

#[test]
fn who_was_not_meant_to_receive_an_event_does_not_find_it_later() {
    let mut realm = realm();
    let publisher = realm.join();
    let [staff, guest] = [realm.join_as("anna", "staff"), realm.join_as("gina", "guest")];
    let options = [
        with("eligible_authrole", vec!["staff"]),
        with("exclude_authid", vec!["anna"]),
        with("exclude", vec![staff]),
        with("eligible", vec![staff, guest]),
        none(),
    ];
    for (value, options) in (1..).zip(options) {
        publish_value(&mut realm, publisher, "com.log", value, options);
    }
    let subscription = lookup(&mut realm, staff, "com.log", "prefix");
    assert_eq!(history(&mut realm, staff, &subscription, none()), [1, 5]);
    assert_eq!(history(&mut realm, guest, &subscription, none()), [2, 5]);
    assert_eq!(history(&mut realm, publisher, &subscription, none()), [2, 5], "exclude_me is of a session");
    assert_eq!(realm.machine.stats().history_events, 3, "what is for certain sessions is not kept");
}

#[test]
fn who_may_not_subscribe_has_no_history() {
    let rule =
        |uri: &str, allow: Actions| Permission { uri: uri.into(), policy: Match::Prefix, allow, disclosure: None };
    let call = Actions { call: true, ..Actions::default() };
    let staff = Role::new([rule("com.", Actions::ALL), rule("wamp.", call)]);
    let guest = Role::new([rule("com.log.open", Actions::ALL), rule("wamp.", call)]);
    let roles = Some(Arc::new([("staff".into(), staff), ("guest".into(), guest)].into()));
    let rules = vec![self::rule("com.log", Match::Prefix, 9), self::rule("com.log.open", Match::Prefix, 9)];
    let meta = MetaApi { subscription: true, ..MetaApi::default() };
    let mut realm = Realm::with(RealmConfig { roles, history: rules, meta, ..RealmConfig::open("realm1") });
    let [staff, guest] = [realm.join_as("anna", "staff"), realm.join_as("gina", "guest")];
    publish_value(&mut realm, staff, "com.log.open", 1, none());
    let all = lookup(&mut realm, guest, "com.log", "prefix");
    let open = lookup(&mut realm, guest, "com.log.open", "prefix");
    let error = realm.meta_error(guest, "wamp.subscription.get_events", std::slice::from_ref(&all));
    assert_eq!(error, reason::NOT_AUTHORIZED);
    assert_eq!(history(&mut realm, guest, &open, none()), [1]);
    assert_eq!(history(&mut realm, staff, &all, none()), [1]);
}

#[test]
fn a_log_has_so_many_events_and_bytes_and_no_more() {
    let small = HistoryRule { bytes: 2000, ..rule("com.small", Match::Exact, 100) };
    let mut realm = realm_with(vec![rule("com.few", Match::Exact, 2), small]);
    let client = realm.join();
    for value in 1..=9 {
        publish_value(&mut realm, client, "com.few", value, none());
        publish_value(&mut realm, client, "com.small", value, none());
        assert!(realm.machine.stats().history_bytes < 2000 + 2 * 600);
    }
    let few = lookup(&mut realm, client, "com.few", "exact");
    let small = lookup(&mut realm, client, "com.small", "exact");
    assert_eq!(history(&mut realm, client, &few, none()), [8, 9]);
    assert_eq!(history(&mut realm, client, &small, none()), [7, 8, 9]);
    let large = Publish { payload: json(&format!("[\"{}\"]", "x".repeat(2000))), ..publish("com.small", none()) };
    realm.say(client, large);
    assert!(history(&mut realm, client, &small, none()).is_empty());
}

#[test]
fn an_event_that_several_rules_keep_is_found_once() {
    let rules =
        vec![rule("com.", Match::Prefix, 9), rule("com.log", Match::Exact, 9), rule("com.log", Match::Exact, 1)];
    let mut realm = realm_with(rules);
    let client = realm.join();
    for value in 1..=3 {
        publish_value(&mut realm, client, "com.log", value, none());
    }
    for (topic, policy) in [("com.", "prefix"), ("com.log", "exact")] {
        let subscription = lookup(&mut realm, client, topic, policy);
        assert_eq!(history(&mut realm, client, &subscription, none()), [1, 2, 3]);
    }
}

#[test]
fn arguments_of_get_events_are_checked() {
    let mut realm = realm();
    let client = realm.join();
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    for kwargs in [
        with("limit", 0_u64),
        with("limit", "all"),
        with("reverse", 1_u64),
        with("from_time", "yesterday"),
        with("until_time", 17_u64),
        with("after_publication", 0_u64),
        with("after_publication", 17_u64),
        with("topic", 1_u64),
    ] {
        let call = meta_call("wamp.subscription.get_events", std::slice::from_ref(&subscription), Some(kwargs.clone()));
        realm.say(client, call);
        assert_eq!(realm.error(client).error, reason::INVALID_ARGUMENT, "{kwargs:?}");
    }
    let error = realm.meta_error(client, "wamp.subscription.get_events", &[99.into()]);
    assert_eq!(error, reason::NO_SUCH_SUBSCRIPTION);
    assert_eq!(realm.meta_error(client, "wamp.subscription.get_events", &[]), reason::INVALID_ARGUMENT);
}

#[test]
fn what_the_callers_format_cannot_express_is_left_out() {
    let mut realm = realm();
    let client = realm.join();
    publish_value(&mut realm, client, "com.log", 1, none());
    let nan = Payload::from_values(Serializer::MsgPack, Some(vec![Value::Float(f64::NAN)]), None);
    realm.say(client, Publish { payload: nan, ..publish("com.log", none()) });
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    assert_eq!(ask(&mut realm, client, &subscription, none()).0.len(), 2);
    let payload = Payload::from_values(Serializer::Json, Some(vec![subscription]), None);
    realm.say(client, Call { payload, ..call(1, "wamp.subscription.get_events", none()) });
    let answer = realm.result(client);
    assert_eq!(values(&answer.payload).len(), 1);
    assert!(Serializer::Json.encode(&answer.into()).is_ok());
}

#[test]
fn who_speaks_the_publishers_format_gets_its_very_bytes() {
    for payload in of_one_format_alone() {
        let mut realm = realm();
        let client = realm.join();
        realm.say(client, Publish { payload: payload.clone(), ..publish("com.log", none()) });
        let subscription = lookup(&mut realm, client, "com.log", "prefix");
        let query = Payload::from_values(payload.serializer, Some(vec![subscription]), None);
        realm.say(client, Call { payload: query, ..call(1, "wamp.subscription.get_events", none()) });
        let answer = realm.result(client).payload;
        assert_eq!(answer.serializer, payload.serializer);
        for slice in [payload.args, payload.kwargs] {
            let (slice, answer) = (slice.unwrap(), answer.args.as_ref().unwrap());
            assert!(answer.windows(slice.len()).any(|window| window == slice), "{slice:?} in {answer:?}");
        }
    }
}

/// In an answer events are deeper than they were.
#[test]
fn what_nests_too_deeply_for_an_answer_is_left_out() {
    let deep = |levels: usize| (0..levels).fold(Value::Null, |inside, _| Value::List(vec![inside]));
    for serializer in Serializer::ALL {
        let mut realm = realm();
        let client = realm.join();
        for levels in [100, 125, 126, 127] {
            let payload = Payload { args: Some(serializer.write_value(&deep(levels))), ..Payload::empty(serializer) };
            assert!(serializer.read_value(payload.args.as_ref().unwrap()).is_ok());
            realm.say(client, Publish { payload, ..publish("com.log", none()) });
        }
        let subscription = lookup(&mut realm, client, "com.log", "prefix");
        let query = Payload::from_values(serializer, Some(vec![subscription]), None);
        realm.say(client, Call { payload: query, ..call(1, "wamp.subscription.get_events", none()) });
        assert_eq!(values(&realm.result(client).payload).len(), 2, "{serializer:?}");
    }
}

#[test]
fn a_long_history_comes_in_several_answers() {
    let history = vec![HistoryRule { bytes: 4 << 20, ..rule("com.log", Match::Exact, 100) }];
    let mut realm = realm_with(history);
    let client = realm.join();
    for _ in 0..10 {
        let payload = json(&format!("[\"{}\"]", "x".repeat(300 << 10)));
        realm.say(client, Publish { payload, ..publish("com.log", none()) });
    }
    let subscription = lookup(&mut realm, client, "com.log", "exact");
    let (mut seen, mut kwargs) = (0, none());
    loop {
        let (events, more) = ask(&mut realm, client, &subscription, kwargs);
        assert!(!events.is_empty() && events.len() < 5);
        seen += events.len();
        if !more {
            break;
        }
        kwargs = with("after_publication", events.last().unwrap().get("publication").unwrap().clone());
    }
    assert_eq!(seen, 10);
}

#[test]
fn a_history_outlives_its_subscribers_and_is_no_subscription_of_theirs() {
    let mut realm = realm();
    assert_eq!(realm.machine.stats(), Stats::default());
    let [publisher, client] = std::array::from_fn(|_| realm.join());
    let subscription = realm.subscribe(client, "com.log", with("match", "prefix"));
    assert_eq!(realm.machine.stats().subscriptions, 1);
    publish_value(&mut realm, publisher, "com.log", 1, none());
    realm.leave(client);
    assert_eq!(realm.machine.stats().subscriptions, 0);
    assert_eq!(history(&mut realm, publisher, &subscription.into(), none()), [1]);
}

#[test]
fn the_subscription_of_a_history_was_created_with_its_realm() {
    let mut realm = realm();
    let client = realm.join();
    let subscription = lookup(&mut realm, client, "com.log", "prefix");
    realm.machine.set_clock(Duration::ZERO, SystemTime::UNIX_EPOCH);
    let found = realm.meta(client, "wamp.subscription.get", &[subscription]).remove(0);
    assert_eq!(found.as_dict().unwrap().str("created").unwrap(), "2014-06-22T16:36:25.448Z");
}

#[test]
fn without_rules_there_is_no_history() {
    let mut realm = Realm::new();
    assert!(!realm.features("broker").flag("event_history"));
    let client = realm.join();
    let subscription = realm.subscribe(client, "com.log", none());
    let error = realm.meta_error(client, "wamp.subscription.get_events", &[subscription.into()]);
    assert_eq!(error, reason::NO_SUCH_PROCEDURE);
}
