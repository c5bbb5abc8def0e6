use wamp_proto::auth::{ticket, wampcra};
use wamp_proto::router::{Authenticators, JoinStep};

use crate::door::*;
use crate::realm_harness::*;

fn auth() -> Authenticators {
    let user = ticket::User { role: "user".into(), ticket: "t".into() };
    let signing = wampcra::User { role: "user".into(), secret: "s".into(), salting: None };
    Authenticators {
        anonymous: Some("guest".into()),
        ticket: [("joe", user)].into_iter().collect(),
        wampcra: [("joe", signing)].into_iter().collect(),
        ..Authenticators::default()
    }
}

fn method(methods: &[&'static str], details: Dict) -> String {
    match Door::new(&auth(), 1).hello(methods, details) {
        JoinStep::Reply(Message::Challenge(challenge)) => challenge.method.to_string(),
        JoinStep::Join(identity) => identity.authmethod.to_string(),
        JoinStep::Refuse(Message::Abort(abort)) => abort.reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_clients_preference_decides_among_what_the_realm_has() {
    let joe = || as_authid("joe");
    assert_eq!(method(&["ticket", "wampcra"], joe()), "ticket");
    assert_eq!(method(&["wampcra", "ticket"], joe()), "wampcra");
    assert_eq!(method(&["kerberos", "cryptosign", "wamp-scram", "cookie", "ticket"], joe()), "ticket");
    assert_eq!(method(&["anonymous", "ticket"], joe()), "anonymous");
    assert_eq!(method(&[], joe()), "anonymous");
    assert_eq!(method(&["kerberos"], joe()), reason::NO_MATCHING_AUTH_METHOD);
}

#[test]
fn without_authid_only_methods_that_need_none_are_left() {
    assert_eq!(method(&["ticket", "wampcra", "anonymous"], none()), "anonymous");
    assert_eq!(method(&["ticket", "wampcra"], none()), reason::NO_MATCHING_AUTH_METHOD);
}

#[test]
fn wrong_types_are_told() {
    for (details, text) in [
        (with("authid", 1_u64), "authid"),
        (with("authid", Value::List(Vec::new())), "authid"),
        (with("authextra", "text"), "authextra"),
        (with("authextra", true), "authextra"),
        (with("authmethods", "ticket"), "authmethods"),
        (with("authmethods", vec![1_u64]), "authmethods"),
    ] {
        assert_violation(&Door::new(&auth(), 1).hello(&[], details), text);
    }
}

/// They are kept while the client is challenged, and while somebody is asked about it.
#[test]
fn a_client_that_has_not_joined_yet_can_leave_a_few_values_only() {
    let list = |length| with("x_custom", Value::List(vec![Value::Null; length]));
    let nested = |length| with("authextra", with("a", with("b", Value::List(vec![Value::List(Vec::new()); length]))));
    assert_eq!(method(&[], list(1900)), "anonymous");
    assert_eq!(method(&[], nested(1900)), "anonymous");
    assert_eq!(method(&[], list(2048)), reason::PAYLOAD_SIZE_EXCEEDED);
    assert_eq!(method(&[], nested(2048)), reason::PAYLOAD_SIZE_EXCEEDED);
    for (extra, why) in [(list(1900), reason::AUTHENTICATION_DENIED), (list(2048), reason::PAYLOAD_SIZE_EXCEEDED)] {
        let mut door = Door::new(&auth(), 1);
        door.challenge("wampcra", as_authid("joe"));
        let JoinStep::Refuse(Message::Abort(abort)) = door.authenticate("wrong", extra) else { panic!("not refused") };
        assert_eq!(abort.reason, why);
    }
}
