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

#[test]
fn a_procedure_that_nobody_registered_cannot_be_called() {
    let mut realm = Realm::new();
    let caller = realm.join();
    realm.call(caller, 7, "com.nobody", none());
    let error = realm.error(caller);
    assert_eq!((error.request_type, error.request), (48, id(7)));
    assert_eq!(error.error, reason::NO_SUCH_PROCEDURE);
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn nobody_unregisters_what_is_not_his() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    let registration = realm.register(a, "com.procedure", none());
    for wrong in [registration, id(4711)] {
        realm.say(b, Unregister { request: id(5), registration: wrong });
        let error = realm.error(b);
        assert_eq!((error.request_type, error.request), (66, id(5)));
        assert_eq!(error.error, reason::NO_SUCH_REGISTRATION);
    }
    realm.call(b, 1, "com.procedure", none());
    assert_eq!(realm.invocation(a).registration, registration);
}

#[test]
fn an_unregistered_callee_still_answers_what_is_under_way() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    let registration = realm.register(callee, "com.procedure", none());
    realm.call(caller, 1, "com.procedure", none());
    let invocation = realm.invocation(callee).request;
    realm.say(callee, Unregister { request: id(2), registration });
    realm.received(callee);
    realm.call(caller, 2, "com.procedure", none());
    assert_eq!(realm.error(caller).error, reason::NO_SUCH_PROCEDURE);
    realm.answer(callee, invocation, "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
}

#[test]
fn invocations_count_from_1_for_each_callee() {
    let mut realm = Realm::new();
    let [caller, a, b] = std::array::from_fn(|_| realm.join());
    realm.register(a, "com.a", none());
    realm.register(b, "com.b", none());
    for n in 1..=3 {
        realm.call(caller, 2 * n, "com.a", none());
        realm.call(caller, 2 * n + 1, "com.b", none());
        assert_eq!(realm.invocation(a).request, id(n));
        assert_eq!(realm.invocation(b).request, id(n));
    }
}

#[test]
fn answers_go_to_whom_they_belong_although_the_ids_are_the_same() {
    let mut realm = Realm::new();
    let [x, y, a, b] = std::array::from_fn(|_| realm.join());
    realm.register(a, "com.a", none());
    realm.register(b, "com.b", none());
    realm.call(x, 1, "com.a", none());
    realm.call(y, 1, "com.b", none());
    realm.received(a);
    realm.received(b);
    realm.answer(b, id(1), "[\"b\"]");
    assert!(realm.received(x).is_empty());
    assert_eq!(realm.result(y).payload, json("[\"b\"]"));
    realm.answer(a, id(1), "[\"a\"]");
    assert_eq!(realm.result(x).payload, json("[\"a\"]"));
}

#[test]
fn payloads_pass_untouched() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.echo", none());
    let full = Payload { kwargs: Some(b"{\"b\" : 1e3}".to_vec().into()), ..json("[ 1.0,\"\\u0041\"]") };
    for payload in [full, Payload::empty(Serializer::MsgPack)] {
        realm.say(caller, Call { payload: payload.clone(), ..call(1, "com.echo", none()) });
        let invocation = realm.invocation(callee);
        assert_eq!(invocation.payload, payload);
        realm.say(callee, Yield { request: invocation.request, options: none(), payload: payload.clone() });
        assert_eq!(realm.result(caller).payload, payload);
    }
}
