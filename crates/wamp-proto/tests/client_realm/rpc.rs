//! Calls and invocations.

use crate::world::{World, args, none, options};

/// Client 0 calls, client 1 has registered com.work as 1.
fn with_callee() -> World {
    let mut world = World::of(2);
    world.register(1, 1, "com.work", "{}");
    world.heard(1);
    world
}

#[test]
fn a_call_reaches_the_callee_and_its_result_the_caller() {
    let mut world = with_callee();
    let call = world.call(0, "com.work", "[20,22]", "{}");
    assert_eq!(world.heard(1), ["invocation 1 of 1 [20,22]"]);
    world.answer(1, 1, "[42]", "{}");
    assert_eq!(world.heard(0), [format!("result {call} [42]")]);
    assert_eq!(world.realm.stats().open_calls, 0);
}

#[test]
fn an_error_of_the_callee_reaches_the_caller() {
    let mut world = with_callee();
    let call = world.call(0, "com.work", "[]", "{}");
    world.tell(1, |client, _| client.yield_error(1, "com.error", options(r#"{"d":1}"#), args("[\"why\"]")));
    assert_eq!(world.heard(0), [format!("failed {call} com.error")]);
}

#[test]
fn an_unknown_procedure_fails_the_call() {
    let mut world = World::of(1);
    let call = world.call(0, "com.nothing", "[]", "{}");
    assert_eq!(world.heard(0), [format!("failed {call} wamp.error.no_such_procedure")]);
}

#[test]
fn progressive_results_arrive_one_by_one() {
    let mut world = with_callee();
    world.call(0, "com.work", "[]", r#"{"receive_progress":true}"#);
    world.answer(1, 1, "[1]", r#"{"progress":true}"#);
    world.answer(1, 1, "[2]", r#"{"progress":true}"#);
    world.answer(1, 1, "[3]", "{}");
    assert_eq!(world.heard(0), ["progress 1 [1]", "progress 1 [2]", "result 1 [3]"]);
}

#[test]
fn canceling_in_each_mode_fails_the_call_once_and_breaks_nothing() {
    for (mode, heard_by_callee) in
        [("skip", None), ("kill", Some("interrupt 1 kill")), ("killnowait", Some("interrupt 1 killnowait"))]
    {
        let mut world = with_callee();
        let call = world.call(0, "com.work", "[]", "{}");
        world.heard(1);
        let options = none().with("mode", mode);
        assert!(world.tell(0, |client, now| client.cancel(call, options, now)));
        assert_eq!(world.heard(0), [format!("failed {call} wamp.error.canceled")], "{mode}");
        assert_eq!(world.heard(1).first().map(String::as_str), heard_by_callee, "{mode}");
        world.answer(1, 1, "[42]", "{}");
        world.call(0, "com.work", "[]", "{}");
        assert_eq!(world.heard(1), ["invocation 2 of 1 []"], "{mode}");
        assert!(world.heard(0).is_empty(), "{mode}");
    }
}

#[test]
fn a_call_out_of_time_fails_once_and_its_callee_is_interrupted() {
    let mut world = with_callee();
    let call = world.call(0, "com.work", "[]", r#"{"timeout":1000}"#);
    world.wait(999);
    assert!(world.heard(0).is_empty());
    world.wait(1);
    assert_eq!(world.heard(0), [format!("failed {call} wamp.error.timeout")]);
    let heard = world.heard(1);
    assert!(heard.len() == 2 && heard[1].starts_with("interrupt 1 "), "{heard:?}");
    world.answer(1, 1, "[42]", "{}");
    world.wait(10_000);
    assert!(world.heard(0).is_empty());
    assert_eq!(world.realm.stats().open_calls, 0);
}

#[test]
fn shared_registrations_take_turns() {
    let mut world = World::of(3);
    for n in 1..3 {
        world.register(n, 7, "com.work", r#"{"invoke":"roundrobin"}"#);
        world.heard(n);
    }
    for _ in 0..4 {
        world.call(0, "com.work", "[]", "{}");
    }
    for n in 1..3 {
        assert_eq!(world.heard(n), ["invocation 1 of 7 []", "invocation 2 of 7 []"]);
    }
}

#[test]
fn a_second_registration_is_refused() {
    let mut world = with_callee();
    let request = world.register(0, 1, "com.work", "{}");
    assert_eq!(world.heard(0), [format!("failed {request} wamp.error.procedure_already_exists")]);
}

#[test]
fn after_unregistering_there_are_no_more_invocations() {
    let mut world = with_callee();
    world.tell(1, |client, now| client.unregister(1, now).unwrap());
    let call = world.call(0, "com.work", "[]", "{}");
    assert_eq!(world.heard(0), [format!("failed {call} wamp.error.no_such_procedure")]);
    assert_eq!(world.realm.stats().registrations, 0);
}
