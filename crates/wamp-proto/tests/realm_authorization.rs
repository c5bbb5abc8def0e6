//! Permissions of roles, and authorizers.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use std::sync::Arc;
use std::time::Duration;

use realm_harness::*;
use wamp_proto::router::{
    Action, Actions, Authorizer, Decision, Disclosure, Limits, MetaApi, Oracle, Permission, RealmConfig, Role,
};
use wamp_proto::uri::Match;

fn permission(uri: &str, policy: Match, allow: Actions) -> Permission {
    Permission { uri: uri.into(), policy, allow, disclosure: None }
}

fn everything(uri: &str) -> Permission {
    permission(uri, Match::Prefix, Actions::ALL)
}

fn roles<const N: usize>(roles: [(&str, Role); N]) -> RealmConfig {
    let roles = roles.into_iter().map(|(name, role)| (name.into(), role)).collect();
    RealmConfig { roles: Some(Arc::new(roles)), ..RealmConfig::open("realm1") }
}

fn asking(oracle: Oracle, cache: Duration) -> Option<Authorizer> {
    Some(Authorizer { oracle, timeout: ms(1000), cache })
}

/// A realm whose clients may do what the driver allows.
fn undecided() -> Realm {
    Realm::with(RealmConfig { authorizer: asking(Oracle::Driver, Duration::ZERO), ..RealmConfig::open("realm1") })
}

fn decide(realm: &mut Realm, decision: Option<Decision>) {
    let question = realm.questions.pop_front().unwrap();
    realm.machine.decide(question.id, decision, realm.now);
    realm.collect();
}

fn acknowledged(topic: &str) -> Publish {
    publish(topic, with("acknowledge", true))
}

#[test]
fn roles_may_do_what_their_rules_allow() {
    let reader =
        Role::new([permission("com.", Match::Prefix, Actions { subscribe: true, call: true, ..none_at_all() })]);
    let mut realm = Realm::with(roles([("reader", reader), ("writer", Role::new([everything("com.")]))]));
    let [reader, writer, nobody] = ["reader", "writer", "guest"].map(|role| realm.join_as("x", role));
    realm.subscribe(reader, "com.a", none());
    realm.register(writer, "com.b", none());

    for client in [reader, nobody] {
        realm.say(client, acknowledged("com.a"));
        let error = realm.error(client);
        assert_eq!((error.request_type, error.request, &*error.error), (16, id(9), reason::NOT_AUTHORIZED));
        assert_eq!(realm.register_error(client, "com.c", none()), reason::NOT_AUTHORIZED);
    }
    realm.say(nobody, Subscribe { request: id(1), options: none(), topic: "com.a".into() });
    assert_eq!(realm.error(nobody).error, reason::NOT_AUTHORIZED);
    realm.call(nobody, 1, "com.b", none());
    assert_eq!(realm.error(nobody).error, reason::NOT_AUTHORIZED);

    realm.call(reader, 1, "com.b", none());
    realm.invocation(writer);
    realm.publish(writer, "com.a", none());
    assert_eq!(realm.events(reader).len(), 1);
    realm.publish(writer, "org.a", none());
    assert_eq!(realm.received(writer), [], "a publication without acknowledgement fails silently");
}

const fn none_at_all() -> Actions {
    Actions { publish: false, subscribe: false, call: false, register: false }
}

#[test]
fn patterns_need_permission_for_all_that_they_match() {
    let rules = [everything("com."), permission("com.secret", Match::Exact, none_at_all())];
    let mut realm = Realm::with(roles([("user", Role::new(rules))]));
    let client = realm.join_as("anna", "user");
    realm.subscribe(client, "com.app.", with("match", "prefix"));
    for (uri, policy) in [("com.", "prefix"), ("", "prefix"), ("com.", "wildcard")] {
        realm.say(client, Subscribe { request: id(1), options: with("match", policy), topic: uri.into() });
        assert_eq!(realm.error(client).error, reason::NOT_AUTHORIZED, "{uri}");
        assert_eq!(realm.register_error(client, uri, with("match", policy)), reason::NOT_AUTHORIZED, "{uri}");
    }
}

#[test]
fn the_meta_api_takes_rules_of_its_own() {
    let meta = MetaApi { session: true, ..MetaApi::default() };
    let admin = Role::new([everything("wamp.")]);
    let config = roles([("user", Role::new([everything("")])), ("admin", admin)]);
    let mut realm = Realm::with(RealmConfig { meta, ..config });
    let [user, admin] = ["user", "admin"].map(|role| realm.join_as(role, role));
    assert_eq!(realm.meta_error(user, "wamp.session.kill", &[admin.into()]), reason::NOT_AUTHORIZED);
    realm.meta(admin, "wamp.session.kill", &[user.into()]);
    assert!(matches!(realm.one(user), Message::Goodbye(_)));
}

#[test]
fn a_rule_can_disclose_who_publishes_under_it() {
    let open = Permission { disclosure: Some(Disclosure::Always), ..everything("open.") };
    let never = Permission { disclosure: Some(Disclosure::Never), ..everything("anonymous.") };
    let mut realm = Realm::with(roles([("user", Role::new([open, never, everything("")]))]));
    let [anna, bert] = ["anna", "bert"].map(|name| realm.join_as(name, "user"));
    for (topic, discloses) in [("open.a", true), ("other.a", false)] {
        realm.subscribe(bert, topic, none());
        realm.publish(anna, topic, none());
        let [event] = realm.events(bert).try_into().unwrap();
        assert_eq!(event.details.get("publisher").is_some(), discloses, "{topic}");
    }
    realm.say(anna, publish("anonymous.a", with("acknowledge", true).with("disclose_me", true)));
    assert_eq!(realm.error(anna).error, reason::OPTION_DISALLOWED_DISCLOSE_ME);
}

#[test]
fn the_driver_is_asked_where_no_rule_decides() {
    let config = roles([("user", Role::new([everything("com.")]).asking())]);
    let authorizer = asking(Oracle::Driver, Duration::ZERO);
    let mut realm = Realm::with(RealmConfig { authorizer, ..config });
    let anna = realm.join_as("anna", "user");
    realm.subscribe(anna, "com.a", none());
    assert!(realm.questions.is_empty());

    realm.say(anna, Subscribe { request: id(1), options: with("match", "prefix"), topic: "org.".into() });
    let question = &realm.questions[0];
    assert_eq!((question.action, &*question.uri, question.policy), (Action::Subscribe, "org.", Match::Prefix));
    assert_eq!(question.session.str("authid").unwrap(), "anna");
    assert_eq!(question.options, with("match", "prefix"));
    assert_eq!(realm.received(anna), []);
    decide(&mut realm, Some(Decision::ALLOWED));
    assert!(matches!(realm.one(anna), Message::Subscribed(_)));

    realm.say(anna, acknowledged("org.a"));
    decide(&mut realm, Some(Decision::DENIED));
    assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED);
    realm.say(anna, acknowledged("org.a"));
    decide(&mut realm, None);
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
}

#[test]
fn what_a_session_says_stays_in_order_while_others_go_on() {
    let mut realm = undecided();
    let [anna, bert] = [realm.join(), realm.join()];
    realm.say(anna, Subscribe { request: id(1), options: none(), topic: "a".into() });
    realm.say(anna, acknowledged("a"));
    realm.say(anna, Goodbye { details: none(), reason: "wamp.close.normal".into() });
    realm.say(bert, Subscribe { request: id(1), options: none(), topic: "a".into() });
    assert_eq!(realm.questions.len(), 2, "one per session");
    let annas = realm.questions.pop_front().unwrap();
    decide(&mut realm, Some(Decision::ALLOWED));
    assert!(matches!(realm.one(bert), Message::Subscribed(_)));
    assert_eq!(realm.received(anna), []);

    realm.machine.decide(annas.id, Some(Decision::DENIED), realm.now);
    realm.collect();
    assert_eq!(realm.error(anna).request_type, 32);
    decide(&mut realm, Some(Decision::ALLOWED));
    let [published, goodbye] = realm.received(anna).try_into().unwrap();
    assert!(matches!((published, goodbye), (Message::Published(_), Message::Goodbye(_))));
    assert_eq!(realm.events(bert).len(), 1);
}

#[test]
fn a_question_that_nobody_answers_fails_in_time() {
    let mut realm = undecided();
    let anna = realm.join();
    realm.say(anna, acknowledged("a"));
    realm.advance(ms(999));
    assert_eq!(realm.received(anna), []);
    realm.advance(ms(1));
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    // Too late.
    decide(&mut realm, Some(Decision::ALLOWED));
    assert_eq!(realm.received(anna), []);
    assert_eq!(realm.machine.next_deadline(), None);
}

#[test]
fn a_session_that_leaves_takes_its_questions_with_it() {
    let mut realm = undecided();
    let anna = realm.join();
    realm.say(anna, acknowledged("a"));
    realm.leave(anna);
    assert_eq!(realm.machine.next_deadline(), None);
    decide(&mut realm, Some(Decision::ALLOWED));
}

#[test]
fn only_so_much_waits_for_a_decision() {
    let limits = Limits { waiting_messages: 2, waiting_bytes: 4096, ..Limits::default() };
    let authorizer = asking(Oracle::Driver, Duration::ZERO);
    let mut realm = Realm::with(RealmConfig { limits, authorizer, ..RealmConfig::open("realm1") });
    let [anna, bert] = [realm.join(), realm.join()];
    for _ in 0..3 {
        realm.say(anna, acknowledged("a"));
    }
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    realm.say(bert, acknowledged("a"));
    realm.say(bert, Publish { payload: json(&format!("[\"{}\"]", "x".repeat(5000))), ..acknowledged("a") });
    assert_eq!(realm.error(bert).error, reason::AUTHORIZATION_FAILED);
}

#[test]
fn decisions_are_remembered_for_some_time() {
    let authorizer = asking(Oracle::Driver, ms(500));
    let mut realm = Realm::with(RealmConfig { authorizer, ..RealmConfig::open("realm1") });
    let [anna, bert] = [realm.join(), realm.join()];
    realm.say(anna, acknowledged("a"));
    decide(&mut realm, Some(Decision::DENIED));
    assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED);
    realm.advance(ms(499));
    realm.say(anna, acknowledged("a"));
    assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED);
    realm.say(bert, acknowledged("a"));
    assert_eq!(realm.questions.len(), 1, "somebody else's decision");
    realm.advance(ms(1));
    realm.say(anna, acknowledged("a"));
    assert_eq!(realm.questions.len(), 2);
    decide(&mut realm, Some(Decision { cache: false, ..Decision::ALLOWED }));
    realm.say(bert, Goodbye { details: none(), reason: "wamp.close.normal".into() });
    decide(&mut realm, Some(Decision { cache: false, ..Decision::ALLOWED }));
    realm.say(anna, acknowledged("a"));
    assert_eq!(realm.questions.len(), 1, "not to be kept");
}

#[test]
fn an_authorizer_can_disclose_the_caller() {
    let mut realm = undecided();
    let [anna, bert] = [realm.join(), realm.join()];
    realm.say(bert, Subscribe { request: id(1), options: none(), topic: "a".into() });
    decide(&mut realm, Some(Decision::ALLOWED));
    realm.received(bert);
    realm.publish(anna, "a", none());
    decide(&mut realm, Some(Decision { disclose: true, ..Decision::ALLOWED }));
    let [event] = realm.events(bert).try_into().unwrap();
    assert_eq!(event.details.get("publisher"), Some(&anna.into()));
}

/// A realm whose users are judged by a procedure; judges and others may register what is near it.
fn judging() -> Realm {
    let named = permission("judge.decide", Match::Exact, Actions::ALL);
    let [judge, neighbour] = [Role::new([named, everything("judge.")]), Role::new([everything("judge.")])];
    let oracle = Oracle::Procedure("judge.decide".into());
    let config = roles([("judge", judge), ("neighbour", neighbour), ("user", Role::default().asking())]);
    Realm::with(RealmConfig { authorizer: asking(oracle, Duration::ZERO), ..config })
}

/// The same with the callee that judges.
fn judged() -> (Realm, Id) {
    let mut realm = judging();
    let judge = realm.join_as("judge", "judge");
    realm.register(judge, "judge.decide", none());
    (realm, judge)
}

#[test]
fn nobody_becomes_the_authorizer_who_was_not_meant() {
    let mut realm = judging();
    let [neighbour, anna] = [realm.join_as("nora", "neighbour"), realm.join_as("anna", "user")];
    assert_eq!(realm.register_error(neighbour, "judge.decide", none()), reason::NOT_AUTHORIZED);
    realm.register(neighbour, "judge.", with("match", "prefix"));
    realm.say(anna, acknowledged("a"));
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    assert_eq!(realm.received(neighbour), []);
    let (mut realm, _) = judged();
    let second = realm.join_as("judy", "judge");
    assert_eq!(realm.register_error(second, "judge.decide", with("force_reregister", true)), reason::NOT_AUTHORIZED);
}

#[test]
fn what_is_no_uri_is_refused_without_a_question() {
    let mut realm = undecided();
    let anna = realm.join();
    for uri in ["a b", &"a.".repeat(4096)] {
        realm.say(anna, acknowledged(uri));
        assert_eq!(realm.error(anna).error, reason::INVALID_URI);
        realm.say(anna, Subscribe { request: id(1), options: with("match", "wildcard"), topic: "#".into() });
        assert_eq!(realm.error(anna).error, reason::INVALID_URI);
    }
    assert!(realm.questions.is_empty());
}

#[test]
fn the_options_of_what_waits_count() {
    let limits = Limits { waiting_bytes: 4096, ..Limits::default() };
    let authorizer = asking(Oracle::Driver, Duration::ZERO);
    let mut realm = Realm::with(RealmConfig { limits, authorizer, ..RealmConfig::open("realm1") });
    let [anna, bert] = [realm.join(), realm.join()];
    let large = || Subscribe { request: id(2), options: with("_x", "x".repeat(5000).as_str()), topic: "a".into() };
    realm.say(anna, acknowledged("a"));
    realm.say(anna, large());
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    realm.say(bert, large());
    assert_eq!(realm.error(bert).error, reason::AUTHORIZATION_FAILED);
    assert_eq!(realm.questions.len(), 1);
}

#[test]
fn a_full_line_leaves_nothing_without_its_end() {
    let limits = Limits { waiting_messages: 2, ..Limits::default() };
    let authorizer = asking(Oracle::Driver, Duration::ZERO);
    let config = RealmConfig { limits, authorizer, ..RealmConfig::open("realm1") };
    let last: [Message; 2] =
        [Cancel { request: id(3), options: none() }.into(), call(3, "a", with("progress", true)).into()];
    for last in last {
        let mut realm = Realm::with(config.clone());
        let anna = realm.join();
        realm.say(anna, acknowledged("a"));
        realm.say(anna, acknowledged("a"));
        realm.say(anna, last);
        let Message::Abort(abort) = realm.one(anna) else { panic!("no ABORT") };
        assert_eq!(abort.reason, reason::AUTHORIZATION_FAILED);
        assert!(realm.is_closed(anna));
    }
}

#[test]
fn a_full_line_does_not_keep_a_session_from_its_answers() {
    let limits = Limits { waiting_messages: 1, ..Limits::default() };
    let authorizer = asking(Oracle::Driver, Duration::ZERO);
    let mut realm = Realm::with(RealmConfig { limits, authorizer, ..RealmConfig::open("realm1") });
    let anna = realm.join();
    realm.say(anna, acknowledged("a"));
    realm.say(anna, Unsubscribe { request: id(2), subscription: id(1) });
    let unsubscribe = realm.error(anna);
    assert_eq!((unsubscribe.request_type, unsubscribe.error), (34, reason::AUTHORIZATION_FAILED.into()));
    realm.say(anna, Unregister { request: id(3), registration: id(1) });
    assert_eq!(realm.error(anna).request_type, 66);
    realm.say(anna, Goodbye { details: none(), reason: "wamp.close.normal".into() });
    realm.say(anna, Unsubscribe { request: id(4), subscription: id(1) });
    assert_eq!(realm.received(anna), [], "nothing counts behind the last word");
    decide(&mut realm, Some(Decision::ALLOWED));
    let [published, goodbye] = realm.received(anna).try_into().unwrap();
    assert!(matches!((published, goodbye), (Message::Published(_), Message::Goodbye(_))));
    assert!(realm.is_closed(anna));
}

#[test]
fn a_rule_that_discloses_is_announced_though_the_realm_does_not() {
    let never = Permission { disclosure: Some(Disclosure::Never), ..permission("a", Match::Wildcard, Actions::ALL) };
    let other = Permission { disclosure: Some(Disclosure::Auto), ..permission("b", Match::Wildcard, Actions::ALL) };
    let config = roles([("user", Role::new([never, other]).asking())]);
    let mut realm = Realm::with(RealmConfig { disclosure: Disclosure::Never, ..config });
    let anna = realm.join_as("anna", "user");
    assert!(realm.features("broker").flag("publisher_identification"));
    realm.say(anna, acknowledged("a"));
    assert!(matches!(realm.one(anna), Message::Published(_)));
    realm.say(anna, publish("b", with("acknowledge", true).with("disclose_me", true)));
    assert!(matches!(realm.one(anna), Message::Published(_)));
}

#[test]
fn a_procedure_can_be_the_authorizer() {
    let (mut realm, judge) = judged();
    let anna = realm.join_as("anna", "user");
    for (answer, error) in [
        ("[true]", None),
        (r#"[{"allow":true}]"#, None),
        ("[false]", Some(reason::NOT_AUTHORIZED)),
        (r#"[{"allow":false}]"#, Some(reason::NOT_AUTHORIZED)),
        ("[1]", Some(reason::AUTHORIZATION_FAILED)),
        ("[]", Some(reason::AUTHORIZATION_FAILED)),
        (r#"[{"allow":"yes"}]"#, Some(reason::AUTHORIZATION_FAILED)),
    ] {
        realm.say(anna, acknowledged("a"));
        let invocation = realm.invocation(judge);
        let [session, action, uri, options] = values(&invocation.payload).try_into().unwrap();
        assert_eq!(session.as_dict().unwrap().get("session"), Some(&anna.into()));
        assert_eq!((action, uri, options), ("publish".into(), "a".into(), with("acknowledge", true).into()));
        realm.answer(judge, invocation.request, answer);
        match (realm.one(anna), error) {
            (Message::Published(_), None) => {}
            (Message::Error(found), Some(error)) => assert_eq!(found.error, error, "{answer}"),
            (other, _) => panic!("{answer}: {other:?}"),
        }
    }
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn without_its_procedure_nothing_is_allowed() {
    let (mut realm, judge) = judged();
    let anna = realm.join_as("anna", "user");
    realm.say(anna, acknowledged("a"));
    realm.leave(judge);
    realm.advance(ms(0));
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    realm.say(anna, acknowledged("a"));
    realm.say(anna, acknowledged("b"));
    for _ in 0..2 {
        let messages = realm.received(anna);
        assert!(messages.iter().all(|message| matches!(message, Message::Error(_))), "{messages:?}");
    }
}

#[test]
fn a_slow_procedure_is_interrupted() {
    let (mut realm, judge) = judged();
    let anna = realm.join_as("anna", "user");
    realm.say(anna, acknowledged("a"));
    realm.invocation(judge);
    realm.advance(ms(1000));
    assert_eq!(realm.error(anna).error, reason::AUTHORIZATION_FAILED);
    realm.interrupt(judge);
    assert_eq!(realm.machine.stats().open_calls, 0);
}

fn piece(progress: bool) -> Call {
    call(5, "com.upload", with("progress", progress))
}

#[test]
fn the_first_piece_of_a_call_is_decided_about_and_the_others_share_its_fate() {
    for allow in [true, false] {
        let mut realm = undecided();
        let [anna, bert] = [realm.join(), realm.join()];
        realm.say(bert, Register { request: id(1), options: none(), procedure: "com.upload".into() });
        decide(&mut realm, Some(Decision::ALLOWED));
        realm.received(bert);
        realm.say(anna, piece(true));
        realm.say(anna, piece(true));
        decide(&mut realm, Some(Decision { allow, ..Decision::ALLOWED }));
        realm.say(anna, piece(false));
        assert_eq!(realm.questions.len(), 0);
        assert_eq!(realm.received(bert).len(), if allow { 3 } else { 0 });
        match allow {
            true => assert!(realm.received(anna).is_empty()),
            false => assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED),
        }
    }
}

#[test]
fn pieces_of_a_call_that_no_rule_allows_are_ignored() {
    let mut realm = Realm::with(roles([("user", Role::default())]));
    let anna = realm.join_as("anna", "user");
    realm.say(anna, piece(true));
    assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED);
    realm.say(anna, piece(true));
    realm.say(anna, piece(false));
    assert!(realm.received(anna).is_empty());
    realm.call(anna, 6, "com.upload", none());
    assert_eq!(realm.error(anna).error, reason::NOT_AUTHORIZED);
}
