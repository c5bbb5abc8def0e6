//! Payload Passthru Mode.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn attributes() -> Dict {
    with("ppt_scheme", "wamp").with("ppt_serializer", "cbor").with("ppt_cipher", "aes256gcm").with("ppt_keyid", "0xab")
}

/// One binary argument, as JSON has it.
fn secret() -> Payload {
    json(r#"["\u0000AAEC/w=="]"#)
}

fn joined(caller: &[&str], callee: &[&str]) -> (Realm, Id, Id) {
    let mut realm = Realm::new();
    let [caller, callee] =
        [(caller, EVERYTHING), (&[], callee)].map(|(caller, callee)| realm.join_with(hello_details_of(caller, callee)));
    realm.register(callee, "com.secret", none());
    (realm, caller, callee)
}

const PPT: &[&str] = &["payload_passthru_mode"];

fn secret_call(options: Dict) -> Call {
    Call { payload: secret(), ..call(5, "com.secret", options) }
}

fn secret_yield(options: Dict) -> Yield {
    Yield { request: id(1), options, payload: secret() }
}

#[test]
fn calls_and_results_take_their_attributes_along() {
    let (mut realm, caller, callee) = joined(PPT, PPT);
    realm.say(caller, secret_call(attributes().with("other", 1_u64)));
    let invocation = realm.invocation(callee);
    assert_eq!((invocation.details, invocation.payload), (attributes(), secret()));
    realm.say(callee, secret_yield(attributes().with("other", 1_u64)));
    let result = realm.result(caller);
    assert_eq!((result.details, result.payload), (attributes(), secret()));
}

#[test]
fn progressive_results_and_errors_take_them_along_too() {
    let (mut realm, caller, callee) = joined(PPT, EVERYTHING);
    realm.say(caller, secret_call(attributes().with("receive_progress", true)));
    let mut expected = with("receive_progress", true);
    attributes().iter().for_each(|(key, value)| expected.insert(key.clone(), value.clone()));
    assert_eq!(realm.invocation(callee).details, expected);
    realm.say(callee, secret_yield(attributes().with("progress", true)));
    assert_eq!(realm.result(caller).details, attributes().with("progress", true));
    let error = "com.error".into();
    realm.say(callee, Error { request_type: 68, request: id(1), details: attributes(), error, payload: secret() });
    let error = realm.error(caller);
    assert_eq!((error.details, error.payload), (attributes(), secret()));
}

#[test]
fn pieces_of_a_call_have_the_attributes_of_the_first() {
    let (mut realm, caller, callee) = joined(&["payload_passthru_mode", "progressive_call_invocations"], EVERYTHING);
    realm.say(caller, secret_call(attributes().with("progress", true)));
    realm.say(caller, secret_call(none()));
    let details: Vec<Dict> = realm
        .received(callee)
        .into_iter()
        .map(|message| if let Message::Invocation(m) = message { m.details } else { panic!("{message:?}") })
        .collect();
    assert_eq!(details, [attributes().with("progress", true), attributes()]);
}

#[test]
fn a_call_or_a_result_without_a_scheme_has_none_of_it() {
    for options in [with("ppt_serializer", "cbor"), with("ppt_scheme", "").with("ppt_keyid", "x")] {
        let (mut realm, caller, callee) = joined(&[], &[]);
        realm.say(caller, secret_call(options.clone()));
        assert_eq!(realm.invocation(callee).details, none());
        realm.say(callee, secret_yield(options));
        assert_eq!(realm.result(caller).details, none());
    }
}

#[test]
fn who_did_not_announce_it_and_uses_it_breaks_the_protocol() {
    let (mut realm, caller, _) = joined(&[], PPT);
    realm.say(caller, secret_call(attributes()));
    realm.assert_aborted(caller);

    let (mut realm, caller, callee) = joined(PPT, &[]);
    realm.call(caller, 5, "com.secret", none());
    realm.invocation(callee);
    realm.say(callee, secret_yield(attributes()));
    realm.assert_aborted(callee);
    assert_eq!(realm.error(caller).error, reason::CANCELED);
}

#[test]
fn a_callee_that_does_not_support_it_is_not_called() {
    let (mut realm, caller, callee) = joined(PPT, &[]);
    realm.say(caller, secret_call(attributes()));
    assert_eq!(realm.error(caller).error, reason::FEATURE_NOT_SUPPORTED);
    assert!(realm.received(callee).is_empty());
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn a_result_for_a_caller_that_does_not_support_it_is_refused_and_ends_the_call() {
    for progress in [false, true] {
        let (mut realm, caller, callee) = joined(&[], EVERYTHING);
        realm.call(caller, 5, "com.secret", with("receive_progress", true));
        realm.invocation(callee);
        realm.say(callee, secret_yield(attributes().with("progress", progress)));
        let error = realm.error(callee);
        assert_eq!((error.request_type, error.request), (70, id(1)));
        assert_eq!(error.error, reason::FEATURE_NOT_SUPPORTED);
        let error = realm.error(caller);
        assert_eq!((error.request_type, error.request), (48, id(5)));
        assert_eq!(error.error, reason::FEATURE_NOT_SUPPORTED);
        realm.answer(callee, id(1), "[1]");
        assert!(realm.received(caller).is_empty() && realm.received(callee).is_empty());
    }
}

#[test]
fn attributes_that_are_no_texts_or_too_long_are_refused() {
    for wrong in ["ppt_serializer", "ppt_cipher", "ppt_keyid", "ppt_scheme"] {
        for value in [Value::Int(1), Value::from("x".repeat(4097)), Value::List(vec![])] {
            let (mut realm, caller, callee) = joined(PPT, PPT);
            let mut options = attributes();
            options.insert(wrong, value);
            realm.say(caller, secret_call(options.clone()));
            assert_eq!(realm.error(caller).error, reason::INVALID_ARGUMENT);
            assert!(realm.received(callee).is_empty());
            if wrong != "ppt_scheme" {
                realm.call(caller, 6, "com.secret", none());
                realm.invocation(callee);
                realm.say(callee, secret_yield(options));
                realm.assert_aborted(callee);
            }
        }
    }
}

#[test]
fn a_binary_payload_is_the_same_after_every_serializer() {
    for there in Serializer::ALL {
        for back in Serializer::ALL {
            let payload = secret().to(there).unwrap();
            assert_eq!(payload.to(back).unwrap().to(Serializer::Json).unwrap(), secret());
        }
    }
}

fn secret_event(options: Dict) -> Publish {
    Publish { payload: secret(), ..publish("com.secret", options) }
}

#[test]
fn events_take_the_attributes_along_to_whoever_subscribed() {
    let mut realm = Realm::new();
    let [publisher, unable] = [realm.join(), realm.join_with(with("roles", with("subscriber", none())))];
    realm.subscribe(unable, "com.secret", none());
    realm.subscribe(unable, "com", with("match", "prefix"));
    realm.say(publisher, secret_event(attributes().with("other", 1_u64)));
    let [exact, mut by_pattern] = realm.events(unable).try_into().unwrap();
    assert_eq!((exact.details, exact.payload), (attributes(), secret()));
    by_pattern.details.remove("topic");
    assert_eq!((by_pattern.details, by_pattern.payload), (attributes(), secret()));
    assert!(realm.features("broker").flag("payload_passthru_mode"));
}

#[test]
fn retained_events_keep_their_attributes() {
    let mut realm = Realm::new();
    let [publisher, late] = std::array::from_fn(|_| realm.join());
    realm.say(publisher, secret_event(attributes().with("retain", true)));
    let (options, topic) = (with("get_retained", true), "com.secret".into());
    realm.say(late, Subscribe { request: id(1), options, topic });
    let Some(Message::Event(event)) = realm.received(late).pop() else { panic!("no EVENT") };
    assert_eq!((event.details, event.payload), (attributes().with("retained", true), secret()));
}

#[test]
fn a_publisher_that_did_not_announce_it_breaks_the_protocol() {
    let mut realm = Realm::new();
    let publisher = realm.join_with(with("roles", with("publisher", none())));
    realm.say(publisher, secret_event(with("ppt_serializer", "cbor")));
    assert!(realm.received(publisher).is_empty());
    realm.say(publisher, secret_event(attributes()));
    realm.assert_aborted(publisher);
}

#[test]
fn publications_with_attributes_that_are_no_texts_are_refused() {
    let mut realm = Realm::new();
    let [publisher, subscriber] = std::array::from_fn(|_| realm.join());
    realm.subscribe(subscriber, "com.secret", none());
    for acknowledge in [true, false] {
        realm.say(publisher, secret_event(attributes().with("ppt_keyid", 7_u64).with("acknowledge", acknowledge)));
        let errors = realm.received(publisher);
        assert_eq!(errors.len(), usize::from(acknowledge));
        assert!(errors.iter().all(|m| matches!(m, Message::Error(e) if e.error == reason::INVALID_ARGUMENT)));
    }
    assert!(realm.received(subscriber).is_empty());
}
