//! Call Canceling.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn called(features: &[&str]) -> (Realm, Id, Id) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callee = realm.join_with(hello_details(features));
    realm.register(callee, "com.slow", none());
    realm.call(caller, 5, "com.slow", none());
    assert_eq!(realm.invocation(callee).request, id(1));
    (realm, caller, callee)
}

fn cancel(mode: &str) -> Cancel {
    Cancel { request: id(5), options: with("mode", mode) }
}

#[track_caller]
fn assert_canceled(realm: &mut Realm, caller: Id) {
    let error = realm.error(caller);
    assert_eq!((error.request_type, error.request), (48, id(5)));
    assert_eq!(error.error, reason::CANCELED);
    assert_eq!(realm.machine.stats().open_calls, 0);
}

/// Whatever the callee still answers reaches nobody and breaks nothing.
#[track_caller]
fn assert_late_answers_are_dropped(realm: &mut Realm, caller: Id, callee: Id) {
    realm.answer(callee, id(1), "[1]");
    realm.say(callee, canceled());
    assert!(realm.received(caller).is_empty());
    assert!(realm.received(callee).is_empty());
    assert!(!realm.is_closed(callee));
}

fn canceled() -> Error {
    let error = reason::CANCELED.into();
    Error { request_type: 68, request: id(1), details: none(), error, payload: json("[]") }
}

#[test]
fn skip_answers_the_caller_and_leaves_the_callee_alone() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    realm.say(caller, cancel("skip"));
    assert_canceled(&mut realm, caller);
    assert!(realm.received(callee).is_empty());
    assert_late_answers_are_dropped(&mut realm, caller, callee);
}

#[test]
fn killnowait_answers_the_caller_and_interrupts_the_callee() {
    for message in [cancel("killnowait"), Cancel { request: id(5), options: none() }] {
        let (mut realm, caller, callee) = called(EVERYTHING);
        realm.say(caller, message);
        assert_canceled(&mut realm, caller);
        let interrupt = realm.interrupt(callee);
        assert_eq!(interrupt.request, id(1));
        assert_eq!(interrupt.options.str("mode").unwrap(), "killnowait");
        assert_late_answers_are_dropped(&mut realm, caller, callee);
    }
}

#[test]
fn kill_waits_for_the_callees_error() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    realm.say(caller, cancel("kill"));
    assert!(realm.received(caller).is_empty());
    assert_eq!(realm.interrupt(callee).options.str("mode").unwrap(), "kill");
    realm.say(callee, canceled());
    assert_canceled(&mut realm, caller);
}

#[test]
fn kill_may_come_too_late_for_the_callees_result() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    realm.say(caller, cancel("kill"));
    realm.interrupt(callee);
    realm.answer(callee, id(1), "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
    realm.say(caller, cancel("kill"));
    assert!(realm.received(caller).is_empty() && realm.received(callee).is_empty());
}

#[test]
fn every_mode_is_skip_when_the_callee_cannot_cancel() {
    for mode in ["skip", "kill", "killnowait"] {
        let (mut realm, caller, callee) = called(&["progressive_call_results"]);
        realm.say(caller, cancel(mode));
        assert_canceled(&mut realm, caller);
        assert!(realm.received(callee).is_empty());
        assert_late_answers_are_dropped(&mut realm, caller, callee);
    }
}

#[test]
fn canceling_harder_after_kill_does_not_interrupt_twice() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    realm.say(caller, cancel("kill"));
    realm.interrupt(callee);
    realm.say(caller, cancel("kill"));
    assert!(realm.received(caller).is_empty());
    realm.say(caller, cancel("killnowait"));
    assert_canceled(&mut realm, caller);
    assert!(realm.received(callee).is_empty());
}

#[test]
fn nobody_cancels_the_calls_of_others() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    let stranger = realm.join();
    realm.say(stranger, cancel("kill"));
    realm.say(callee, cancel("killnowait"));
    assert!(realm.received(callee).is_empty() && realm.received(stranger).is_empty());
    realm.answer(callee, id(1), "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
}

#[test]
fn an_unknown_mode_breaks_the_protocol() {
    let (mut realm, caller, callee) = called(EVERYTHING);
    realm.say(caller, cancel("kill harder"));
    realm.assert_aborted(caller);
    assert_eq!(realm.interrupt(callee).options.str("mode").unwrap(), "killnowait");
}
