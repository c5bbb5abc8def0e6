//! Event Retention.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{Limits, RealmConfig, Stats};

fn retain() -> Dict {
    with("retain", true)
}

fn retain_value(realm: &mut Realm, publisher: Id, topic: &str, value: u64, options: Dict) {
    let payload = json(&format!("[{value}]"));
    realm.say(publisher, Publish { payload, ..publish(topic, options.with("retain", true)) });
}

/// Subscribes with `get_retained`, looks at what comes, and unsubscribes.
fn retained(realm: &mut Realm, client: Id, topic: &str, policy: &str) -> Vec<Event> {
    let options = with("match", policy).with("get_retained", true);
    let subscription = realm.subscribe(client, topic, options);
    let events = realm.events(client);
    assert!(events.iter().all(|e| e.subscription == subscription && e.details.flag("retained")));
    realm.say(client, Unsubscribe { request: id(1), subscription });
    realm.one(client);
    events
}

fn first_values(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| values(&event.payload).remove(0)).collect()
}

#[test]
fn event_retention() {
    let mut realm = Realm::new();
    assert!(realm.features("broker").flag("event_retention"));
    let [publisher, live, late] = std::array::from_fn(|_| realm.join());
    realm.subscribe(live, "com.topic", none());
    realm.publish(publisher, "com.topic", with("acknowledge", true).with("retain", true));
    let Message::Published(published) = realm.one(publisher) else { panic!("not published") };
    realm.publish(publisher, "com.topic", none());
    realm.publish(publisher, "com.topic", with("retain", false));
    assert!(realm.events(live).iter().all(|event| event.details == none()));

    let [event] = retained(&mut realm, late, "com.topic", "exact").try_into().unwrap();
    assert_eq!((event.publication, event.details), (published.publication, with("retained", true)));
    assert_eq!(values(&event.payload), [1.into()]);
    realm.subscribe(late, "com.topic", none());
    assert!(realm.received(late).is_empty(), "nothing for those who do not ask for it");
    assert!(retained(&mut realm, late, "com.other", "exact").is_empty());

    retain_value(&mut realm, publisher, "com.topic", 2, none());
    realm.received(late);
    realm.leave(publisher);
    assert_eq!(first_values(&retained(&mut realm, late, "com.topic", "exact")), [2.into()]);
}

#[test]
fn retained_events_come_after_the_answer_and_again_when_asked_again() {
    let mut realm = Realm::new();
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    realm.publish(publisher, "com.topic", retain());
    for _ in 0..2 {
        let get = Subscribe { request: id(1), options: with("get_retained", true), topic: "com.topic".into() };
        realm.say(late, get);
        let messages = realm.received(late);
        assert!(matches!(messages[..], [Message::Subscribed(_), Message::Event(_)]), "{messages:?}");
    }
}

#[test]
fn a_pattern_gets_the_latest_event_of_each_topic_the_oldest_first() {
    let mut realm = Realm::new();
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    for (topic, value) in [("com.b", 1), ("com.a", 2), ("org.a", 3), ("com.b", 4)] {
        retain_value(&mut realm, publisher, topic, value, with("disclose_me", true));
    }
    let events = retained(&mut realm, late, "com.", "prefix");
    assert_eq!(first_values(&events), [2.into(), 4.into()]);
    let topics: Vec<_> = events.iter().map(|event| event.details.str("topic").unwrap().to_string()).collect();
    assert_eq!(topics, ["com.a", "com.b"]);
    assert_eq!(events[0].details.get("publisher"), Some(&publisher.into()));
    assert_eq!(first_values(&retained(&mut realm, late, ".a", "wildcard")), [2.into(), 3.into()]);
}

#[test]
fn only_who_would_have_received_an_event_gets_it_later() {
    let mut realm = Realm::new();
    let publisher = realm.join();
    let staff = realm.join_as("anna", "staff");
    let guest = realm.join_as("gina", "guest");
    let get = |realm: &mut Realm, client: Id| first_values(&retained(realm, client, "com.topic", "exact"));
    retain_value(&mut realm, publisher, "com.topic", 1, none());
    retain_value(&mut realm, publisher, "com.topic", 2, with("eligible_authrole", vec!["staff"]));
    assert_eq!((get(&mut realm, staff), get(&mut realm, guest)), (vec![2.into()], vec![1.into()]));
    retain_value(&mut realm, publisher, "com.topic", 3, with("exclude_authid", vec!["anna"]));
    assert_eq!((get(&mut realm, staff), get(&mut realm, guest)), (vec![2.into()], vec![3.into()]));
    retain_value(&mut realm, publisher, "com.topic", 4, with("exclude", vec![guest]));
    assert_eq!((get(&mut realm, staff), get(&mut realm, guest)), (vec![4.into()], vec![3.into()]));
    assert!(get(&mut realm, publisher).is_empty(), "publishers do not get their own events");
    retain_value(&mut realm, publisher, "com.topic", 5, with("exclude_me", false));
    for client in [publisher, staff, guest] {
        assert_eq!(get(&mut realm, client), [5.into()]);
    }
    assert_eq!(realm.machine.stats().retained_events, 1, "nobody can get the older ones any more");
}

#[test]
fn what_is_refused_is_not_retained() {
    let mut realm = Realm::new();
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    realm.publish(publisher, "com.topic", retain().with("exclude", "x"));
    assert!(retained(&mut realm, late, "com.topic", "exact").is_empty());
}

#[test]
fn the_oldest_retained_event_makes_room() {
    let limits = Limits { retained_events: 2, ..Limits::default() };
    let mut realm = Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    for (topic, value) in [("com.a", 1), ("com.b", 2), ("com.a", 3), ("com.c", 4)] {
        retain_value(&mut realm, publisher, topic, value, none());
    }
    assert_eq!(first_values(&retained(&mut realm, late, "com.", "prefix")), [3.into(), 4.into()]);
}

#[test]
fn retained_events_take_so_many_bytes_and_no_more() {
    let limits = Limits { retained_bytes: 2000, ..Limits::default() };
    let mut realm = Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    for value in 0..10 {
        retain_value(&mut realm, publisher, &format!("com.{value}"), value, none());
        assert!(realm.machine.stats().retained_bytes <= 2000);
    }
    let kept = first_values(&retained(&mut realm, late, "com.", "prefix"));
    assert_eq!(kept, [7.into(), 8.into(), 9.into()]);
    let large = Publish { payload: json(&format!("[\"{}\"]", "x".repeat(2000))), ..publish("com.9", retain()) };
    realm.say(publisher, large);
    let kept = first_values(&retained(&mut realm, late, "com.", "prefix"));
    assert_eq!(kept, [7.into(), 8.into()], "what is too large is not kept, and the one before it is out of date");
}

#[test]
fn a_topic_has_so_many_events_for_a_few() {
    let mut realm = Realm::new();
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    retain_value(&mut realm, publisher, "com.topic", 0, none());
    for value in 1..30 {
        retain_value(&mut realm, publisher, "com.topic", value, with("eligible", vec![value]));
    }
    assert_eq!(realm.machine.stats().retained_events, 17);
    assert_eq!(first_values(&retained(&mut realm, late, "com.topic", "exact")), [0.into()]);
}

#[test]
fn retention_can_be_switched_off() {
    let limits = Limits { retained_events: 0, ..Limits::default() };
    let mut realm = Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    assert!(!realm.features("broker").flag("event_retention"));
    let publisher = realm.join();
    realm.publish(publisher, "com.topic", retain());
    assert_eq!(realm.machine.stats(), Stats { sessions: 2, ..Stats::default() });
}

#[test]
fn a_retained_event_has_the_very_bytes_of_its_publication() {
    for payload in of_one_format_alone() {
        let mut realm = Realm::new();
        let [publisher, client] = std::array::from_fn(|_| realm.join());
        realm.say(publisher, Publish { payload: payload.clone(), ..publish("com.topic", retain()) });
        let [event] = retained(&mut realm, client, "com.topic", "exact").try_into().unwrap();
        assert_eq!(event.payload, payload);
    }
}
