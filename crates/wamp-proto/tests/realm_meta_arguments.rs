//! Every procedure of the meta API, called with what it does not take.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{HistoryRule, MetaApi, RealmConfig};
use wamp_proto::uri::Match;

/// What an argument has to be.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    AnId,
    Text,
    Uri,
    /// A list of texts, or nothing.
    Texts,
    /// A dictionary, or nothing.
    Table,
    /// A list, or nothing.
    List,
    Flag,
    /// A positive integer, or nothing.
    Count,
    /// A text, or nothing.
    OptionalText,
    OptionalUri,
    Time,
    /// One of two words, or nothing.
    Scope,
}

use Wanted::*;

type Arguments = &'static [Wanted];
type Keywords = &'static [(&'static str, Wanted)];

const KILL: Keywords = &[("reason", OptionalUri), ("message", OptionalText)];
const REMOVE: Keywords = &[("reason", OptionalText)];

const PROCEDURES: &[(&str, Arguments, Keywords)] = &[
    ("session.count", &[Texts], &[]),
    ("session.list", &[Texts], &[]),
    ("session.get", &[AnId], &[]),
    ("session.kill", &[AnId], KILL),
    ("session.kill_by_authid", &[Text], KILL),
    ("session.kill_by_authrole", &[Text], KILL),
    ("session.kill_all", &[], KILL),
    ("session.add_testament", &[Uri, List, Table], &[("publish_options", Table), ("scope", Scope)]),
    ("session.flush_testaments", &[], &[("scope", Scope)]),
    ("subscription.list", &[], &[]),
    ("subscription.lookup", &[Uri, Table], &[]),
    ("subscription.match", &[Uri], &[]),
    ("subscription.get", &[AnId], &[]),
    ("subscription.list_subscribers", &[AnId], &[]),
    ("subscription.count_subscribers", &[AnId], &[]),
    ("subscription.remove_subscriber", &[AnId, AnId], REMOVE),
    (
        "subscription.get_events",
        &[AnId],
        &[
            ("reverse", Flag),
            ("limit", Count),
            ("from_time", Time),
            ("after_time", Time),
            ("before_time", Time),
            ("until_time", Time),
            ("topic", OptionalUri),
            ("from_publication", Count),
            ("after_publication", Count),
            ("before_publication", Count),
            ("until_publication", Count),
        ],
    ),
    ("registration.list", &[], &[]),
    ("registration.lookup", &[Uri, Table], &[]),
    ("registration.match", &[Uri], &[]),
    ("registration.get", &[AnId], &[]),
    ("registration.list_callees", &[AnId], &[]),
    ("registration.count_callees", &[AnId], &[]),
    ("registration.remove_callee", &[AnId, AnId], REMOVE),
];

fn everything() -> Vec<Value> {
    vec![
        Value::Null,
        true.into(),
        0_u64.into(),
        Value::Int(-1),
        1_u64.into(),
        (1_u64 << 53 | 1).into(),
        Value::Float(1.5),
        Value::Float(f64::NAN),
        "text".into(),
        "no uri".into(),
        "a..b".into(),
        "".into(),
        "2014-06-22T16:36:25.448Z".into(),
        Value::Bin(b"text".to_vec().into()),
        Value::List(vec![]),
        vec!["text"].into(),
        Value::List(vec!["text".into(), 1.into()]),
        none().into(),
        with("text", "text").into(),
    ]
}

impl Wanted {
    /// Some value that it may have.
    fn right(self) -> Value {
        match self {
            AnId => 9_u64.into(),
            Text | Uri => "text".into(),
            _ => Value::Null,
        }
    }

    /// The error for that value; nothing where it is right.
    fn error(self, value: &Value) -> Option<&'static str> {
        let uri =
            |text: &str| if text == "text" || text.starts_with("2014") { None } else { Some(reason::INVALID_URI) };
        let none_or = |is_right: bool| if is_right { None } else { Some(reason::INVALID_ARGUMENT) };
        match (self, value) {
            (Texts | Table | List | Flag | Count | OptionalText | OptionalUri | Time | Scope, Value::Null) => None,
            (AnId | Count, _) => none_or(value.as_u64().and_then(Id::new).is_some()),
            (Text | OptionalText, _) => none_or(value.as_str().is_some()),
            (Uri | OptionalUri, Value::Str(text)) => uri(text),
            (Uri | OptionalUri, _) => Some(reason::INVALID_ARGUMENT),
            (Texts | List, Value::Dict(dict)) => none_or(dict.is_empty()),
            (Texts, Value::List(list)) => none_or(list.iter().all(|value| value.as_str().is_some())),
            (Table, Value::List(list)) => none_or(list.is_empty()),
            (List, Value::List(_)) | (Table, Value::Dict(_)) | (Flag, Value::Bool(_)) => None,
            (Time, Value::Str(text)) => none_or(text.starts_with("2014")),
            _ => Some(reason::INVALID_ARGUMENT),
        }
    }
}

fn realm() -> Realm {
    let meta = MetaApi { session: true, subscription: true, registration: true };
    let rule = HistoryRule { topic: "com.log".into(), policy: Match::Exact, events: 9, bytes: 9999 };
    Realm::with(RealmConfig { meta, history: vec![rule], ..RealmConfig::open("realm1") })
}

/// The error that the caller gets, or nothing when there is a result.
fn outcome(realm: &mut Realm, client: Id, call: Call) -> Option<String> {
    realm.say(client, call);
    match realm.one(client) {
        Message::Result(_) => None,
        Message::Error(error) => Some(error.error.to_string()),
        other => panic!("{other:?}"),
    }
}

/// Whether the error is about what the arguments say, not about what they are.
fn is_about_content(error: Option<&str>) -> bool {
    const OF_CONTENT: [&str; 3] = [reason::NO_SUCH_SESSION, reason::NO_SUCH_SUBSCRIPTION, reason::NO_SUCH_REGISTRATION];
    error.is_none_or(|error| OF_CONTENT.contains(&error))
}

#[test]
fn wrong_positional_arguments_have_the_specified_error() {
    let mut realm = realm();
    let client = realm.join();
    for (name, wanted, _) in PROCEDURES {
        for at in 0..wanted.len() {
            for value in everything() {
                let mut args: Vec<Value> = wanted.iter().map(|wanted| wanted.right()).collect();
                args[at] = value.clone();
                let found = outcome(&mut realm, client, meta_call(&format!("wamp.{name}"), &args, None));
                let context = format!("{name}: argument {at} is {value:?}, {found:?}");
                match wanted[at].error(&value) {
                    Some(error) => assert_eq!(found.as_deref(), Some(error), "{context}"),
                    None => assert!(is_about_content(found.as_deref()), "{context}"),
                }
            }
        }
    }
}

#[test]
fn missing_positional_arguments_are_like_null() {
    let mut realm = realm();
    let client = realm.join();
    for (name, wanted, _) in PROCEDURES {
        let needed = wanted.iter().filter_map(|wanted| wanted.error(&Value::Null)).next();
        let found =
            outcome(&mut realm, client, Call { payload: json("[]"), ..call(1, &format!("wamp.{name}"), none()) });
        assert_eq!(found.as_deref(), needed, "{name}");
        let payload = Payload::empty(Serializer::Json);
        let found = outcome(&mut realm, client, Call { payload, ..call(1, &format!("wamp.{name}"), none()) });
        assert_eq!(found.as_deref(), needed, "{name}");
    }
}

#[test]
fn wrong_keyword_arguments_have_the_specified_error() {
    for (name, args, keywords) in PROCEDURES {
        for (key, wanted) in *keywords {
            for value in everything() {
                let mut realm = realm();
                let client = realm.join();
                let mut args: Vec<Value> = args.iter().map(|wanted| wanted.right()).collect();
                if *name == "subscription.get_events" {
                    args = vec![realm.subscribe(client, "com.log", none()).into()];
                    realm.received(client);
                }
                let call = meta_call(&format!("wamp.{name}"), &args, Some(with(key, value.clone())));
                let found = outcome(&mut realm, client, call);
                let context = format!("{name}: {key} is {value:?}, {found:?}");
                match wanted.error(&value) {
                    // What has to be a URI is none if it is no text.
                    Some(_) if *key == "reason" && matches!(wanted, OptionalUri) => {
                        assert_eq!(found.as_deref(), Some(reason::INVALID_URI), "{context}");
                    }
                    Some(error) => assert_eq!(found.as_deref(), Some(error), "{context}"),
                    None if key.ends_with("_publication") && value != Value::Null => {
                        assert_eq!(found.as_deref(), Some(reason::INVALID_ARGUMENT), "no such event: {context}");
                    }
                    None => assert!(is_about_content(found.as_deref()), "{context}"),
                }
            }
        }
    }
}

#[test]
fn the_options_of_a_testament_have_the_types_of_those_of_publish() {
    let mut realm = realm();
    let client = realm.join();
    let mut add = |options: Dict| {
        let call = meta_call("wamp.session.add_testament", &["a.b".into()], Some(with("publish_options", options)));
        outcome(&mut realm, client, call)
    };
    for (key, wrong) in [
        ("exclude_me", Value::from("no")),
        ("disclose_me", 1_u64.into()),
        ("retain", "yes".into()),
        ("exclude", vec!["a"].into()),
        ("eligible_authid", "a".into()),
        ("ppt_keyid", 1_u64.into()),
    ] {
        assert_eq!(add(with(key, wrong)).as_deref(), Some(reason::INVALID_ARGUMENT), "{key}");
    }
    assert_eq!(add(with("exclude", none()).with("retain", Value::Null).with("other", 1_u64)), None);
}

#[test]
fn a_malformed_call_breaks_no_procedure() {
    let mut realm = realm();
    let client = realm.join();
    let extension =
        Payload { args: Some(b"\x91\xd4\x01\x01"[..].to_vec().into()), ..Payload::empty(Serializer::MsgPack) };
    let found = outcome(&mut realm, client, Call { payload: extension, ..call(1, "wamp.session.get", none()) });
    assert_eq!(found.as_deref(), Some(reason::INVALID_ARGUMENT));
    for unknown in ["wamp.session.nothing", "wamp.nothing", "wamp.", "wamp.subscription.list_callees"] {
        let found = outcome(&mut realm, client, call(1, unknown, none()));
        let expected = if unknown.ends_with('.') { reason::INVALID_URI } else { reason::NO_SUCH_PROCEDURE };
        assert_eq!(found.as_deref(), Some(expected), "{unknown}");
    }
}
