//! Opening a session without authentication.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use bytestring::ByteString;
use wamp_proto::router::{Authenticators, JoinStep, Joining, RealmConfig, RealmMachine};

fn realms() -> HashMap<ByteString, RealmConfig> {
    HashMap::from([("realm1".into(), RealmConfig::open("realm1"))])
}

/// What a fresh connection gets for these messages.
fn say(messages: impl IntoIterator<Item = Message>) -> JoinStep {
    let mut joining = Joining::new(SystemTime::UNIX_EPOCH);
    let handle = |message| joining.handle(message, &realms(), &mut Counter(3), Duration::ZERO);
    messages.into_iter().map(handle).last().unwrap()
}

fn hello(realm: &str, details: Dict) -> Message {
    Hello { realm: realm.into(), details }.into()
}

#[track_caller]
fn assert_refused(step: JoinStep, why: &str) {
    let JoinStep::Refuse(Message::Abort(abort)) = step else { panic!("not refused: {step:?}") };
    assert_eq!(abort.reason, why);
    assert!(abort.details.str("message").is_some_and(|text| !text.is_empty()));
}

#[test]
fn anybody_joins_an_open_realm() {
    let JoinStep::Join(identity) = say([hello("realm1", hello_details(&[]))]) else { panic!("not let in") };
    assert_eq!((&*identity.realm, &*identity.authmethod, &*identity.authrole), ("realm1", "anonymous", "anonymous"));
    let proposed = identity.session;
    let mut machine = RealmMachine::new(RealmConfig::open("realm1"), Box::new(Counter(1)));
    let (session, welcome) = machine.join(identity.clone(), Duration::ZERO);
    assert_eq!(session, proposed);
    let Message::Welcome(Welcome { session, details }) = welcome else { panic!("no WELCOME") };
    assert_eq!(session, proposed);
    assert_eq!(details.str("authid"), Some(&identity.authid));
    assert_eq!(details.str("authmethod").unwrap(), "anonymous");
    assert_eq!(details.str("authrole").unwrap(), "anonymous");

    let (again, _) = machine.join(identity, Duration::ZERO);
    assert_ne!(again, session, "an id that is in use is not given away again");
}

#[test]
fn welcome_announces_the_roles_with_exactly_what_works() {
    let JoinStep::Join(identity) = say([hello("realm1", hello_details(&[]))]) else { panic!("not let in") };
    let mut machine = RealmMachine::new(RealmConfig::open("realm1"), Box::new(Counter(1)));
    let Message::Welcome(welcome) = machine.join(identity, Duration::ZERO).1 else { panic!("no WELCOME") };
    let features = |role: &str| {
        let features = welcome.details.dict("roles").unwrap().dict(role).unwrap().dict("features").unwrap();
        assert!(features.iter().all(|(_, value)| *value == Value::Bool(true)));
        features.iter().map(|(name, _)| name.to_string()).collect::<HashSet<_>>()
    };
    let broker = [
        "event_retention",
        "payload_passthru_mode",
        "pattern_based_subscription",
        "publisher_exclusion",
        "publisher_identification",
        "subscriber_blackwhite_listing",
        "subscription_revocation",
    ];
    assert_eq!(features("broker"), HashSet::from(broker.map(String::from)));
    let dealer = [
        "call_canceling",
        "call_reroute",
        "call_timeout",
        "caller_identification",
        "pattern_based_registration",
        "payload_passthru_mode",
        "progressive_call_invocations",
        "progressive_call_results",
        "registration_revocation",
        "shared_registration",
        "testament_meta_api",
    ];
    assert_eq!(features("dealer"), HashSet::from(dealer.map(String::from)));
}

#[test]
fn nobody_chooses_his_own_authid_without_authentication() {
    let details = hello_details(&[]).with("authid", "admin").with("authrole", "admin");
    let JoinStep::Join(first) = say([hello("realm1", details)]) else { panic!("not let in") };
    assert_ne!(first.authid, "admin");
    assert_eq!(first.authrole, "anonymous");
}

#[test]
fn a_realm_that_is_not_served_is_named_so() {
    assert_refused(say([hello("realm2", hello_details(&[]))]), reason::NO_SUCH_REALM);
    for name in ["", "realm 1", "realm..1"] {
        assert_refused(say([hello(name, hello_details(&[]))]), reason::INVALID_URI);
    }
}

#[test]
fn a_client_has_at_least_one_role() {
    let roles = [none(), with("judge", none()), with("caller", true), with("caller", none()).with("callee", 1_u64)];
    for roles in roles {
        assert_refused(say([hello("realm1", with("roles", roles))]), reason::PROTOCOL_VIOLATION);
    }
    assert_refused(say([hello("realm1", none())]), reason::PROTOCOL_VIOLATION);
    assert_refused(say([hello("realm1", with("roles", vec!["caller"]))]), reason::PROTOCOL_VIOLATION);
    assert!(matches!(say([hello("realm1", with("roles", with("callee", none())))]), JoinStep::Join(_)));
}

#[test]
fn the_first_message_is_hello() {
    let messages: Vec<Message> = vec![
        Goodbye { details: none(), reason: reason::CLOSE_REALM.into() }.into(),
        Authenticate { signature: "x".into(), extra: none() }.into(),
        publish("com.topic", none()).into(),
        Subscribe { request: id(1), options: none(), topic: "com.topic".into() }.into(),
        Welcome { session: id(1), details: none() }.into(),
    ];
    for message in messages {
        assert_refused(say([message]), reason::PROTOCOL_VIOLATION);
    }
    assert_refused(Joining::new(SystemTime::UNIX_EPOCH).protocol_violation("no message"), reason::PROTOCOL_VIOLATION);
}

#[test]
fn abort_before_the_session_is_not_answered() {
    let abort = Message::Abort(Abort { details: none(), reason: "wamp.error.abort".into() });
    assert_eq!(say([abort]), JoinStep::Leave);
}

#[test]
fn after_a_refusal_nothing_is_accepted() {
    let first = hello("realm2", hello_details(&[]));
    assert_refused(say([first, hello("realm1", hello_details(&[]))]), reason::PROTOCOL_VIOLATION);
    let twice = [hello("realm1", hello_details(&[])), hello("realm1", hello_details(&[]))];
    assert_refused(say(twice), reason::PROTOCOL_VIOLATION);
}

#[test]
fn methods_that_the_realm_does_not_have_are_refused() {
    let ask = |methods: Value| say([hello("realm1", hello_details(&[]).with("authmethods", methods))]);
    assert_refused(ask(vec!["ticket", "wampcra"].into()), reason::NO_MATCHING_AUTH_METHOD);
    assert_refused(ask("anonymous".into()), reason::PROTOCOL_VIOLATION);
    assert_refused(ask(vec![1_u64].into()), reason::PROTOCOL_VIOLATION);
    assert!(matches!(ask(vec!["ticket", "anonymous"].into()), JoinStep::Join(_)));
    assert!(matches!(ask(Vec::<Value>::new().into()), JoinStep::Join(_)));

    let closed = RealmConfig::open("realm1").with_auth(Authenticators::default());
    let realms: HashMap<ByteString, RealmConfig> = HashMap::from([("realm1".into(), closed)]);
    let mut joining = Joining::new(SystemTime::UNIX_EPOCH);
    let step = joining.handle(hello("realm1", hello_details(&[])), &realms, &mut Counter(3), Duration::ZERO);
    assert_refused(step, reason::NO_MATCHING_AUTH_METHOD);
}
