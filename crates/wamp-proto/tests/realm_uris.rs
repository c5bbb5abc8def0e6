//! Topics and procedures that are no URIs, or not for applications.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::RealmConfig;
use wamp_proto::uri::Rule;

fn errors(realm: &mut Realm, uri: &str, options: &Dict) -> [Option<String>; 4] {
    let client = realm.join();
    let uri: bytestring::ByteString = uri.into();
    let messages: [Message; 4] = [
        Publish { topic: uri.clone(), ..publish("", with("acknowledge", true)) }.into(),
        Call { procedure: uri.clone(), ..call(1, "", none()) }.into(),
        Subscribe { request: id(1), options: options.clone(), topic: uri.clone() }.into(),
        Register { request: id(1), options: options.clone(), procedure: uri }.into(),
    ];
    let found = messages.map(|message| {
        realm.say(client, message);
        let Message::Error(error) = realm.one(client) else { return None };
        Some(error.error.to_string())
    });
    realm.leave(client);
    found
}

const INVALID: Option<&str> = Some(reason::INVALID_URI);
const UNKNOWN: Option<&str> = Some(reason::NO_SUCH_PROCEDURE);

#[track_caller]
fn check(rule: Rule, uri: &str, options: Dict, expected: [Option<&str>; 4]) {
    let mut realm = Realm::with(RealmConfig { uri_rule: rule, ..RealmConfig::open("realm1") });
    let found = errors(&mut realm, uri, &options);
    assert_eq!(found.each_ref().map(Option::as_deref), expected, "{uri}");
}

#[test]
fn what_is_no_uri_is_refused_everywhere() {
    for uri in ["", "a..b", ".a", "a.", "a b", "a#b", "a\tb"] {
        check(Rule::Loose, uri, none(), [INVALID; 4]);
    }
    check(Rule::Loose, &"a".repeat(4097), none(), [INVALID; 4]);
    check(Rule::Loose, "Com.Äpp-1", none(), [None, UNKNOWN, None, None]);
}

#[test]
fn a_strict_realm_wants_lower_case_digits_and_underscores() {
    check(Rule::Strict, "Com.app", none(), [INVALID; 4]);
    check(Rule::Strict, "com.app-1", none(), [INVALID; 4]);
    check(Rule::Strict, "com.app_1", none(), [None, UNKNOWN, None, None]);
}

#[test]
fn only_patterns_may_have_empty_components() {
    check(Rule::Loose, "com..app", with("match", "wildcard"), [INVALID, INVALID, None, None]);
    check(Rule::Loose, "com.app.", with("match", "prefix"), [INVALID, INVALID, None, None]);
    check(Rule::Loose, "com. .app", with("match", "wildcard"), [INVALID; 4]);
}

#[test]
fn uris_of_the_protocol_are_not_for_publishers_and_callees() {
    check(Rule::Loose, "wamp.session.on_join", none(), [INVALID, UNKNOWN, None, INVALID]);
    check(Rule::Loose, "wampum.x", none(), [None, UNKNOWN, None, None]);
}
