//! Invocations that the callee's full queue does not take.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn an_invocation_that_does_not_arrive_fails_its_call() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.busy", none());
    realm.call(caller, 5, "com.busy", with("timeout", 100_u64));
    let lost = realm.one(callee);
    realm.machine.undeliverable(callee, &lost);
    realm.collect();
    let error = realm.error(caller);
    assert_eq!((error.request, error.error), (id(5), reason::UNAVAILABLE.into()));
    assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
    assert!(realm.received(callee).is_empty());

    realm.machine.undeliverable(callee, &lost);
    realm.collect();
    assert!(realm.received(caller).is_empty());
}

#[test]
fn an_event_that_does_not_arrive_is_lost_in_silence() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.topic", none());
    realm.publish(publisher, "com.topic", with("acknowledge", true));
    let lost = realm.one(subscriber);
    realm.received(publisher);
    realm.machine.undeliverable(subscriber, &lost);
    assert_eq!(realm.machine.poll_output(), None);
}

/// Callees with full queues are passed over; the others get the call.
fn shared(invoke: &str, full: &[usize]) -> (Realm, Id, [Id; 4]) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callees = std::array::from_fn(|_| realm.join());
    for callee in callees {
        realm.register(callee, "com.busy", with("invoke", invoke));
    }
    realm.call(caller, 5, "com.busy", with("receive_progress", true).with("timeout", 100_u64));
    pass_over(&mut realm, &callees, full);
    (realm, caller, callees)
}

fn pass_over(realm: &mut Realm, callees: &[Id], full: &[usize]) {
    while let Some((callee, lost)) =
        full.iter().find_map(|at| realm.received(callees[*at]).pop().map(|lost| (callees[*at], lost)))
    {
        realm.machine.undeliverable(callee, &lost);
        realm.collect();
    }
}

#[test]
fn the_next_callee_of_a_shared_registration_gets_the_call_by_its_policy() {
    let cases: [(&str, &[usize], usize); 8] = [
        ("roundrobin", &[0], 1),
        ("roundrobin", &[0, 1, 2], 3),
        ("first", &[0], 1),
        ("first", &[0, 1], 2),
        ("last", &[3], 2),
        ("last", &[2, 3], 1),
        ("random", &[0, 1, 2], 3),
        ("random", &[1, 2, 3], 0),
    ];
    for (invoke, full, expected) in cases {
        let (mut realm, caller, callees) = shared(invoke, full);
        let invocation = realm.invocation(callees[expected]);
        assert_eq!(invocation.details, with("receive_progress", true), "{invoke} {full:?}");
        assert!(realm.received(caller).is_empty());
        realm.answer(callees[expected], invocation.request, "[7]");
        assert_eq!(realm.result(caller).payload, json("[7]"));
        assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
    }
}

#[test]
fn a_call_that_no_callee_takes_fails_once() {
    for invoke in ["roundrobin", "first", "last", "random"] {
        let (mut realm, caller, callees) = shared(invoke, &[0, 1, 2, 3]);
        assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
        assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
        assert!(callees.iter().all(|callee| realm.received(*callee).is_empty()));
    }
}

#[test]
fn the_turn_goes_on_from_who_got_the_call() {
    let (mut realm, caller, callees) = shared("roundrobin", &[0]);
    realm.invocation(callees[1]);
    realm.call(caller, 6, "com.busy", none());
    realm.invocation(callees[2]);
}

#[test]
fn a_call_that_moves_on_keeps_its_time_limit() {
    let (mut realm, caller, callees) = shared("first", &[]);
    let lost = realm.one(callees[0]);
    realm.advance(ms(60));
    realm.machine.undeliverable(callees[0], &lost);
    realm.collect();
    realm.invocation(callees[1]);
    realm.advance(ms(39));
    assert!(realm.received(caller).is_empty());
    realm.advance(ms(1));
    assert_eq!(realm.error(caller).error, reason::TIMEOUT);
    realm.interrupt(callees[1]);
}

#[test]
fn who_keeps_the_time_is_decided_anew_by_the_next_callee() {
    let mut realm = Realm::new();
    let [caller, a, b, c] = std::array::from_fn(|_| realm.join());
    for (callee, forward) in [(a, true), (b, false), (c, true)] {
        realm.register(callee, "com.busy", with("invoke", "first").with("forward_timeout", forward));
    }
    realm.call(caller, 5, "com.busy", with("timeout", 100_u64));
    for (callee, next, details) in [(a, b, none()), (b, c, with("timeout", 100_u64))] {
        assert_eq!(realm.machine.next_deadline(), (callee == b).then_some(ms(100)));
        let lost = realm.peek(callee).pop().unwrap();
        realm.machine.undeliverable(callee, &lost);
        realm.collect();
        let Message::Invocation(invocation) = realm.peek(next).pop().unwrap() else { panic!("no INVOCATION") };
        assert_eq!(invocation.details, details);
    }
    assert_eq!(realm.machine.next_deadline(), None);
}

#[test]
fn a_callee_that_cannot_take_the_call_is_no_other_callee() {
    let mut realm = Realm::new();
    let caller = realm.join();
    let [full, unable] = [EVERYTHING, &["call_canceling"]].map(|features| realm.join_with(hello_details(features)));
    for callee in [full, unable] {
        realm.register(callee, "com.busy", with("invoke", "first"));
    }
    realm.call(caller, 5, "com.busy", with("progress", true));
    let lost = realm.one(full);
    realm.machine.undeliverable(full, &lost);
    realm.collect();
    assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
    assert!(realm.received(unable).is_empty());
}

#[test]
fn a_call_that_moves_on_is_the_same_call() {
    let mut realm = Realm::new();
    let [caller, full, other] = std::array::from_fn(|_| realm.join());
    for callee in [full, other] {
        realm.register(callee, "com", with("invoke", "first").with("match", "prefix"));
    }
    let options = with("progress", true).with("disclose_me", true).with("ppt_scheme", "x");
    realm.call(caller, 5, "com.busy", options);
    let lost = realm.one(full);
    realm.machine.undeliverable(full, &lost);
    realm.collect();
    let Message::Invocation(lost) = lost else { panic!("no INVOCATION") };
    let moved = realm.invocation(other);
    assert_eq!((&moved.details, &moved.payload), (&lost.details, &lost.payload));
    realm.call(caller, 5, "com.busy", none());
    let mut expected = lost.details;
    expected.remove("progress");
    assert_eq!(realm.invocation(other).details, expected);
}

#[test]
fn an_invocation_that_its_callee_cannot_be_told_of_fails_its_call() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.odd", none());
    for progress in [false, true] {
        realm.call(caller, 5, "com.odd", with("progress", progress));
        if progress {
            realm.received(callee);
            realm.call(caller, 5, "com.odd", none());
        }
        let request = realm.invocation(callee).request;
        realm.machine.unexpressible(callee, request, "no such number");
        realm.collect();
        assert_eq!(realm.error(caller).error, reason::INVALID_ARGUMENT);
        assert_eq!(realm.received(callee).len(), usize::from(progress));
    }
}

#[test]
fn a_canceled_call_does_not_move_on() {
    let (mut realm, caller, callees) = shared("first", &[]);
    let lost = realm.one(callees[0]);
    realm.say(caller, Cancel { request: id(5), options: with("mode", "kill") });
    realm.machine.undeliverable(callees[0], &lost);
    realm.collect();
    assert_eq!(realm.error(caller).error, reason::CANCELED);
    assert!(callees[1..].iter().all(|callee| realm.peek(*callee).is_empty()));
    assert_eq!(realm.machine.stats().open_calls, 0);
}
