//! Progressive Call Results.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn progress(invocation: Id, args: &str) -> Yield {
    Yield { request: invocation, options: with("progress", true), payload: json(args) }
}

/// The options of the call, and what the callee announces.
fn called(options: Dict, features: &[&str]) -> (Realm, Id, Id, Invocation) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callee = realm.join_with(hello_details(features));
    realm.register(callee, "com.count", none());
    realm.call(caller, 3, "com.count", options);
    let invocation = realm.invocation(callee);
    (realm, caller, callee, invocation)
}

#[test]
fn progressive_results_reach_the_caller_before_the_last_one() {
    let (mut realm, caller, callee, invocation) = called(with("receive_progress", true), EVERYTHING);
    assert_eq!(invocation.details, with("receive_progress", true));
    for args in ["[1]", "[2]"] {
        realm.say(callee, progress(invocation.request, args));
        let result = CallResult { request: id(3), details: with("progress", true), payload: json(args) };
        assert_eq!(realm.result(caller), result);
    }
    realm.answer(callee, invocation.request, "[3]");
    assert_eq!(realm.result(caller), CallResult { request: id(3), details: none(), payload: json("[3]") });

    realm.say(callee, progress(invocation.request, "[4]"));
    assert!(realm.received(caller).is_empty());
}

#[test]
fn an_error_may_end_progressive_results() {
    let (mut realm, caller, callee, invocation) = called(with("receive_progress", true), EVERYTHING);
    realm.say(callee, progress(invocation.request, "[1]"));
    realm.result(caller);
    let (request, error) = (invocation.request, "com.error".into());
    realm.say(callee, Error { request_type: 68, request, details: none(), error, payload: json("[]") });
    assert_eq!(realm.error(caller).error, "com.error");
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn nobody_gets_progressive_results_who_did_not_ask() {
    let (mut realm, caller, callee, invocation) = called(none(), EVERYTHING);
    assert_eq!(invocation.details, none());
    realm.say(callee, progress(invocation.request, "[1]"));
    assert!(realm.received(caller).is_empty());
    realm.answer(callee, invocation.request, "[2]");
    assert_eq!(realm.result(caller).payload, json("[2]"));
}

#[test]
fn only_callees_that_can_also_cancel_are_asked() {
    for features in [&[][..], &["progressive_call_results"], &["call_canceling"]] {
        let (.., invocation) = called(with("receive_progress", true), features);
        assert_eq!(invocation.details, none(), "{features:?}");
    }
}
