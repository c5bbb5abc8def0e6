//! Wires that break.

use crate::world::World;

#[test]
fn subscriptions_come_back_with_their_options() {
    let mut world = World::of(2);
    world.subscribe(1, 1, "com.topic", "{}");
    world.subscribe(1, 2, "com.", r#"{"match":"prefix"}"#);
    world.heard(1);
    world.cut(1);
    assert_eq!(world.realm.stats().subscriptions, 0);
    world.wait(2050);
    assert_eq!(world.heard(1), ["reconnecting 1", "reconnected"]);
    world.publish(0, "com.other", "[1]", "{}");
    world.publish(0, "com.topic", "[2]", "{}");
    let mut heard = world.heard(1);
    heard.sort();
    assert_eq!(heard, ["event 1 [2]", "event 2 [1]", "event 2 [2]"]);
}

#[test]
fn a_callee_that_comes_back_serves_again() {
    let mut world = World::of(2);
    world.register(1, 1, "com.work", "{}");
    let lost = world.call(0, "com.work", "[]", "{}");
    world.cut(1);
    let heard = world.heard(0);
    assert!(heard.len() == 1 && heard[0].starts_with(&format!("failed {lost} ")), "{heard:?}");
    world.wait(2050);
    world.heard(1);
    world.answer(1, 1, "[0]", "{}");
    let call = world.call(0, "com.work", "[]", "{}");
    assert_eq!(world.heard(1), ["invocation 2 of 1 []"]);
    world.answer(1, 2, "[42]", "{}");
    assert_eq!(world.heard(0), [format!("result {call} [42]")]);
}

#[test]
fn what_was_asked_while_offline_happens_afterwards() {
    let mut world = World::of(2);
    world.subscribe(0, 1, "com.topic", "{}");
    world.heard(0);
    world.cut(1);
    world.publish(1, "com.topic", "[\"later\"]", "{}");
    world.register(1, 1, "com.work", "{}");
    assert!(world.heard(0).is_empty());
    world.wait(2050);
    assert_eq!(world.heard(0), ["event 1 [\"later\"]"]);
    world.call(0, "com.work", "[]", "{}");
    assert_eq!(world.heard(1)[3..], ["invocation 1 of 1 []"]);
}

#[test]
fn a_router_that_stays_away_ends_the_life() {
    let mut world = World::of(1);
    let call = world.call(0, "com.nothing", "[]", "{}");
    world.heard(0);
    world.reachable = false;
    world.cut(0);
    let call = world.call(0, "com.nothing", "[]", "{}").max(call);
    world.wait(120_000);
    let heard = world.heard(0);
    assert_eq!(heard.iter().filter(|line| line.starts_with("reconnecting")).count(), 25);
    assert_eq!(heard[heard.len() - 2..], [format!("failed {call} wamp.error.network_failure"), "closed".into()]);
}
