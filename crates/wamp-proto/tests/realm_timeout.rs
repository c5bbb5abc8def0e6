//! Call Timeouts, on a virtual clock.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn called(options: Dict, features: &[&str]) -> (Realm, Id, Id, Invocation) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callee = realm.join_with(hello_details(features));
    realm.register(callee, "com.slow", none());
    realm.call(caller, 5, "com.slow", options);
    let invocation = realm.invocation(callee);
    (realm, caller, callee, invocation)
}

#[track_caller]
fn assert_timeout(realm: &mut Realm, caller: Id) {
    let error = realm.error(caller);
    assert_eq!((error.request_type, error.request), (48, id(5)));
    assert_eq!(error.error, reason::TIMEOUT);
    assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
}

#[test]
fn a_call_fails_after_its_milliseconds_and_its_callee_is_interrupted() {
    let (mut realm, caller, callee, invocation) = called(with("timeout", 1500_u64), &["call_canceling"]);
    assert_eq!(invocation.details, none());
    realm.advance(ms(1499));
    assert!(realm.received(caller).is_empty());
    realm.advance(ms(1));
    assert_timeout(&mut realm, caller);
    let interrupt = realm.interrupt(callee);
    assert_eq!(interrupt.request, id(1));
    assert_eq!(interrupt.options.str("mode").unwrap(), "killnowait");
    realm.answer(callee, id(1), "[1]");
    assert!(realm.received(caller).is_empty());
}

#[test]
fn a_callee_that_cannot_cancel_is_not_interrupted() {
    let (mut realm, caller, callee, _) = called(with("timeout", 10_u64), &[]);
    realm.advance(ms(10));
    assert_timeout(&mut realm, caller);
    assert!(realm.received(callee).is_empty());
}

#[test]
fn an_answered_call_has_no_time_limit_any_more() {
    let (mut realm, caller, callee, invocation) = called(with("timeout", 10_u64), EVERYTHING);
    assert_eq!(invocation.details, none());
    realm.answer(callee, id(1), "[42]");
    realm.result(caller);
    assert_eq!(realm.machine.next_deadline(), None);
    realm.advance(ms(100));
    assert!(realm.received(caller).is_empty());
}

/// The callee registers with that option, and announces these features.
fn called_to_forward(timeout: u64, forward: bool, features: &[&str]) -> (Realm, Id, Id, Invocation) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callee = realm.join_with(hello_details(features));
    realm.register(callee, "com.slow", with("forward_timeout", forward));
    realm.call(caller, 5, "com.slow", with("timeout", timeout));
    let invocation = realm.invocation(callee);
    (realm, caller, callee, invocation)
}

#[test]
fn a_callee_that_registers_with_forward_timeout_keeps_the_time_itself() {
    let (mut realm, caller, callee, invocation) = called_to_forward(1500, true, EVERYTHING);
    assert_eq!(invocation.details, with("timeout", 1500_u64));
    assert_eq!(realm.machine.next_deadline(), None);
    realm.advance(ms(1_000_000));
    assert!(realm.received(caller).is_empty() && realm.received(callee).is_empty());
    let error = reason::TIMEOUT.into();
    realm.say(callee, Error { request_type: 68, request: id(1), details: none(), error, payload: json("[]") });
    assert_timeout(&mut realm, caller);
}

#[test]
fn the_dealer_keeps_the_time_of_callees_that_cannot_or_do_not_want_to() {
    for (forward, features) in [(true, &["call_canceling"][..]), (false, EVERYTHING)] {
        let (mut realm, caller, callee, invocation) = called_to_forward(1500, forward, features);
        assert_eq!(invocation.details, none());
        realm.advance(ms(1500));
        assert_timeout(&mut realm, caller);
        realm.interrupt(callee);
    }
    let (.., invocation) = called_to_forward(0, true, EVERYTHING);
    assert_eq!(invocation.details, none());
}

#[test]
fn each_callee_of_a_shared_registration_decides_about_forward_timeout() {
    let mut realm = Realm::new();
    let [caller, a, b] = std::array::from_fn(|_| realm.join());
    realm.register(a, "com.slow", with("invoke", "roundrobin").with("forward_timeout", true));
    realm.register(b, "com.slow", with("invoke", "roundrobin"));
    for request in [1, 2] {
        realm.call(caller, request, "com.slow", with("timeout", 100_u64));
    }
    assert_eq!([a, b].map(|callee| realm.invocation(callee).details), [with("timeout", 100_u64), none()]);
    realm.advance(ms(100));
    assert_eq!(realm.error(caller).request, id(2));
    assert_eq!(realm.machine.stats().open_calls, 1);
}

#[test]
fn zero_is_no_time_limit() {
    let (realm, ..) = called(with("timeout", 0_u64), EVERYTHING);
    assert_eq!(realm.machine.next_deadline(), None);
}

#[test]
fn the_time_counts_anew_from_each_progressive_result() {
    let options = with("timeout", 100_u64).with("receive_progress", true);
    let (mut realm, caller, callee, _) = called(options, EVERYTHING);
    for _ in 0..3 {
        realm.advance(ms(99));
        realm.say(callee, Yield { request: id(1), options: with("progress", true), payload: json("[]") });
        realm.result(caller);
    }
    realm.advance(ms(100));
    assert_timeout(&mut realm, caller);
}

#[test]
fn the_nearest_of_many_deadlines_comes_first() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    for (request, timeout) in [(1, 300_u64), (2, 100), (3, 200)] {
        realm.call(caller, request, "com.slow", with("timeout", timeout));
    }
    realm.received(callee);
    for request in [2, 3, 1] {
        realm.advance(ms(100));
        assert_eq!(realm.error(caller).request, id(request));
    }
}

#[test]
fn a_time_limit_holds_while_a_killed_call_waits_for_its_callee() {
    let (mut realm, caller, callee, _) = called(with("timeout", 100_u64), EVERYTHING);
    realm.say(caller, Cancel { request: id(5), options: with("mode", "kill") });
    realm.interrupt(callee);
    realm.advance(ms(100));
    assert_timeout(&mut realm, caller);
    assert!(realm.received(callee).is_empty());
}

#[test]
fn a_time_limit_that_is_no_number_is_refused_and_a_huge_one_is_kept() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    realm.call(caller, 1, "com.slow", with("timeout", "soon"));
    assert_eq!(realm.error(caller).error, reason::INVALID_ARGUMENT);
    realm.call(caller, 2, "com.slow", with("timeout", u64::MAX));
    assert_eq!(realm.invocation(callee).request, id(1));
}
