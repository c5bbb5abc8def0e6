//! Remote Procedure Calls of the Basic Profile.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn a_call_goes_to_the_callee_and_its_result_back_to_the_caller() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    let registration = realm.register(callee, "com.add", none());
    realm.call(caller, 7, "com.add", none());

    let invocation = realm.invocation(callee);
    assert_eq!((invocation.request, invocation.registration), (id(1), registration));
    assert_eq!((invocation.details, invocation.payload), (none(), json("[1]")));
    assert!(realm.received(caller).is_empty());

    realm.answer(callee, id(1), "[42]");
    assert_eq!(realm.result(caller), CallResult { request: id(7), details: none(), payload: json("[42]") });
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn an_error_of_the_callee_reaches_the_caller_unchanged() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.fail", none());
    realm.call(caller, 7, "com.fail", none());
    let invocation = realm.invocation(callee).request;
    let (details, payload) = (with("why", "so"), json("[\"sorry\"]"));
    realm.say(
        callee,
        Error {
            request_type: 68,
            request: invocation,
            details: details.clone(),
            error: "com.error.sorry".into(),
            payload: payload.clone(),
        },
    );
    let expected = Error { request_type: 48, request: id(7), details, error: "com.error.sorry".into(), payload };
    assert_eq!(realm.error(caller), expected);
}
