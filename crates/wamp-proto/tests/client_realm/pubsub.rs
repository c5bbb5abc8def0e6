//! Publications and events.

use crate::world::World;

#[test]
fn an_event_crosses_formats_both_ways() {
    let mut world = World::of(2);
    for (from, to) in [(0, 1), (1, 0)] {
        world.subscribe(to, 1, "com.topic", "{}");
        world.heard(to);
        world.publish(from, "com.topic", r#"[1,"a",{"b":[]},{}]"#, "{}");
        assert_eq!(world.heard(to), [r#"event 1 [1,"a",{"b":[]},{}]"#]);
    }
}

#[test]
fn an_acknowledged_publication_has_an_id() {
    let mut world = World::of(1);
    let request = world.publish(0, "com.topic", "[]", r#"{"acknowledge":true}"#);
    let heard = world.heard(0);
    assert!(heard.len() == 1 && heard[0].starts_with(&format!("done {request} as ")), "{heard:?}");
}

#[test]
fn the_publisher_is_excluded_unless_it_says_otherwise() {
    let mut world = World::of(1);
    world.subscribe(0, 1, "com.topic", "{}");
    world.heard(0);
    world.publish(0, "com.topic", "[1]", "{}");
    world.publish(0, "com.topic", "[2]", r#"{"exclude_me":false}"#);
    assert_eq!(world.heard(0), ["event 1 [2]"]);
}

#[test]
fn each_subscription_gets_its_own_events() {
    let mut world = World::of(2);
    world.subscribe(1, 1, "com.topic", "{}");
    world.subscribe(1, 2, "com.", r#"{"match":"prefix"}"#);
    world.subscribe(1, 3, "com..deep", r#"{"match":"wildcard"}"#);
    world.heard(1);
    world.publish(0, "com.topic", "[1]", "{}");
    world.publish(0, "com.topic.deep", "[2]", "{}");
    let mut heard = world.heard(1);
    heard.sort();
    assert_eq!(heard, ["event 1 [1]", "event 2 [1]", "event 2 [2]", "event 3 [2]"]);
}

#[test]
fn after_unsubscribing_there_are_no_more_events() {
    let mut world = World::of(2);
    world.subscribe(1, 1, "com.topic", "{}");
    let request = world.tell(1, |client, now| client.unsubscribe(1, now).unwrap());
    assert_eq!(world.heard(1)[1..], [format!("done {request}")]);
    world.publish(0, "com.topic", "[1]", "{}");
    assert!(world.heard(1).is_empty());
    assert_eq!(world.realm.stats().subscriptions, 0);
}

#[test]
fn a_subscription_given_up_before_it_is_confirmed_does_not_stay_behind() {
    let mut world = World::of(1);
    world.tell(0, |client, now| {
        client.subscribe(1, "com.topic", crate::world::none(), now).unwrap();
        client.unsubscribe(1, now).unwrap();
    });
    assert_eq!(world.realm.stats().subscriptions, 0);
    assert_eq!(world.heard(0).len(), 2);
}

#[test]
fn an_invalid_topic_is_refused() {
    let mut world = World::of(1);
    let request = world.subscribe(0, 1, "com..topic", "{}");
    assert_eq!(world.heard(0), [format!("failed {request} wamp.error.invalid_uri")]);
}
