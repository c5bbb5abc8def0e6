//! A peer that breaks the protocol loses its session, and nobody else anything.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

/// A call is under way between two honest clients while a third one says this.
#[track_caller]
fn assert_violation(messages: impl IntoIterator<Item = Message>) {
    let mut realm = Realm::new();
    let [caller, callee, villain] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    realm.register(villain, "com.mine", none());
    realm.call(caller, 1, "com.slow", none());
    realm.invocation(callee);
    for message in messages {
        assert!(!realm.is_closed(villain));
        realm.received(villain);
        realm.say(villain, message);
    }
    realm.assert_aborted(villain);
    assert!(realm.received(caller).is_empty() && realm.received(callee).is_empty());
    realm.answer(callee, id(1), "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
    assert_eq!(realm.machine.stats().registrations, 1);
}

fn error(request_type: u64, request: u64, payload: Payload) -> Error {
    Error { request_type, request: id(request), details: none(), error: "com.error".into(), payload }
}

#[test]
fn messages_of_the_router_and_of_the_opening_are_violations() {
    let options = none;
    let messages: Vec<Message> = vec![
        Hello { realm: "realm1".into(), details: hello_details(&[]) }.into(),
        Welcome { session: id(1), details: none() }.into(),
        Challenge { method: "wampcra".into(), extra: none() }.into(),
        Authenticate { signature: "x".into(), extra: none() }.into(),
        Published { request: id(1), publication: id(1) }.into(),
        Subscribed { request: id(1), subscription: id(1) }.into(),
        Unsubscribed { request: Some(id(1)), details: none() }.into(),
        Event { subscription: id(1), publication: id(1), details: none(), payload: json("[]") }.into(),
        CallResult { request: id(1), details: none(), payload: json("[]") }.into(),
        Registered { request: id(1), registration: id(1) }.into(),
        Unregistered { request: Some(id(1)), details: none() }.into(),
        Invocation { request: id(1), registration: id(1), details: none(), payload: json("[]") }.into(),
        Interrupt { request: id(1), options: options() }.into(),
    ];
    for message in messages {
        assert_violation([message]);
    }
}

#[test]
fn errors_for_anything_but_an_invocation_are_violations() {
    for request_type in [16, 32, 34, 48, 64, 66, 0, 4711] {
        assert_violation([error(request_type, 1, json("[]")).into()]);
    }
}

#[test]
fn answers_to_invocations_that_were_never_sent_are_violations() {
    let answer = Yield { request: id(1), options: none(), payload: json("[13]") };
    assert_violation([answer.into()]);
    assert_violation([error(68, 1, json("[13]")).into()]);
    let progress = Yield { request: id(2), options: with("progress", true), payload: json("[13]") };
    assert_violation([progress.into()]);
}

#[test]
fn payloads_that_are_no_list_and_no_dictionary_are_violations() {
    let kwargs = |args: &str, kwargs: &str| Payload { kwargs: Some(kwargs.as_bytes().to_vec().into()), ..json(args) };
    for payload in [json("{}"), json("1"), json("\"text\""), kwargs("[]", "[]"), kwargs("[]", "null")] {
        assert_violation([Message::Publish(Publish { payload: payload.clone(), ..publish("com.topic", none()) })]);
        assert_violation([Message::Call(Call { payload: payload.clone(), ..call(1, "com.slow", none()) })]);
        let mine = Message::Call(call(1, "com.mine", none()));
        assert_violation([mine.clone(), error(68, 1, payload.clone()).into()]);
        assert_violation([mine, Yield { request: id(1), options: none(), payload }.into()]);
    }
}

#[test]
fn the_id_of_an_open_call_is_not_free() {
    let twice = [call(1, "com.mine", none()), call(1, "com.mine", none())];
    assert_violation(twice.map(Message::Call));
}

#[test]
fn the_id_of_an_answered_call_is_free_again() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.procedure", none());
    for n in 1..4 {
        realm.call(caller, 1, "com.procedure", none());
        realm.received(callee);
        realm.answer(callee, id(n), "[]");
        assert_eq!(realm.result(caller).request, id(1));
    }
}

#[test]
fn roles_that_were_not_announced_may_not_be_played() {
    let messages: Vec<(&str, Message)> = vec![
        ("publisher", publish("com.topic", none()).into()),
        ("subscriber", Subscribe { request: id(1), options: none(), topic: "com.topic".into() }.into()),
        ("subscriber", Unsubscribe { request: id(1), subscription: id(1) }.into()),
        ("caller", call(1, "com.slow", none()).into()),
        ("caller", Cancel { request: id(1), options: none() }.into()),
        ("callee", Register { request: id(1), options: none(), procedure: "com.p".into() }.into()),
        ("callee", Unregister { request: id(1), registration: id(1) }.into()),
    ];
    for (role, message) in messages {
        let mut realm = Realm::new();
        let mut details = hello_details(&[]);
        let mut roles = details.remove("roles").unwrap().as_dict().unwrap().clone();
        roles.remove(role);
        let client = realm.join_with(details.with("roles", roles));
        realm.say(client, message.clone());
        realm.assert_aborted(client);

        let able = realm.join_with(with("roles", with(role, none())));
        realm.say(able, message);
        assert!(!realm.is_closed(able), "{role}");
    }
}

#[test]
fn a_frame_that_is_no_message_ends_the_session() {
    let mut realm = Realm::new();
    let client = realm.join();
    realm.machine.protocol_violation(client, "not a list", realm.now);
    realm.collect();
    realm.assert_aborted(client);
    realm.machine.protocol_violation(client, "again", realm.now);
    assert_eq!(realm.machine.poll_output(), None);
}

#[test]
fn a_callee_that_breaks_the_protocol_fails_its_calls() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    realm.call(caller, 1, "com.slow", none());
    realm.received(callee);
    realm.answer(callee, id(1), "{}");
    realm.assert_aborted(callee);
    assert_eq!(realm.error(caller).error, reason::CANCELED);
}

#[test]
fn a_malformed_error_uri_does_not_reach_the_caller() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    for (n, uri) in (1..).zip(["", "no uri", "a..b", "a#b"]) {
        realm.call(caller, n, "com.slow", none());
        let request = realm.invocation(callee).request;
        realm.say(callee, Error { error: uri.into(), ..error(68, request.get(), json("[7]")) });
        let error = realm.error(caller);
        assert_eq!((error.error, error.payload), (reason::INVALID_URI.into(), json("[7]")));
    }
}
