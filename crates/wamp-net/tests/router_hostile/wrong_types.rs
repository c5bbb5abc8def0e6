//! Wrong types in every field of every message.

use wamp_proto::{Message, Value, reason};

use crate::answers::{aborted, end, goes_on, say, say_value, value, violated, violated_with};
use crate::stage::{Peer, Stage, Way};

/// Where in a connection's life a message belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    First,
    Challenged,
    Joined,
    /// An invocation of the peer's waits for its answer: the 1 of YIELD and ERROR.
    Invoked,
    /// Never, because it is a router's.
    Never,
}

use When::{Challenged, First, Invoked, Joined, Never};

/// A good message, and of what type its fields are behind the code.
pub(crate) type Row = (&'static str, When, &'static str, &'static [&'static str]);

pub(crate) const MESSAGES: [Row; 24] = [
    ("HELLO", First, r#"[1,"realm1",{"roles":{"caller":{}}}]"#, &["text", "dict"]),
    ("WELCOME", Never, r#"[2,1,{}]"#, &["id", "dict"]),
    ("ABORT", Joined, r#"[3,{},"wamp.close.normal"]"#, &["dict", "text"]),
    ("CHALLENGE", Never, r#"[4,"wampcra",{}]"#, &["text", "dict"]),
    ("AUTHENTICATE", Challenged, r#"[5,"signature",{}]"#, &["text", "dict"]),
    ("GOODBYE", Joined, r#"[6,{},"wamp.close.close_realm"]"#, &["dict", "text"]),
    ("ERROR", Invoked, r#"[8,68,1,{},"com.error",[1],{"k":1}]"#, &["type", "id", "dict", "text", "args", "kwargs"]),
    ("PUBLISH", Joined, r#"[16,7,{},"com.topic",[1],{"k":1}]"#, &["id", "dict", "text", "args", "kwargs"]),
    ("PUBLISHED", Never, "[17,7,7]", &["id", "id"]),
    ("SUBSCRIBE", Joined, r#"[32,7,{},"com.topic"]"#, &["id", "dict", "text"]),
    ("SUBSCRIBED", Never, "[33,7,7]", &["id", "id"]),
    ("UNSUBSCRIBE", Joined, "[34,7,7]", &["id", "id"]),
    ("UNSUBSCRIBED", Never, "[35,7]", &["id"]),
    ("EVENT", Never, r#"[36,7,7,{},[1],{"k":1}]"#, &["id", "id", "dict", "args", "kwargs"]),
    ("CALL", Joined, r#"[48,7,{},"com.nobody",[1],{"k":1}]"#, &["id", "dict", "text", "args", "kwargs"]),
    ("CANCEL", Joined, "[49,7,{}]", &["id", "dict"]),
    ("RESULT", Never, r#"[50,7,{},[1],{"k":1}]"#, &["id", "dict", "args", "kwargs"]),
    ("REGISTER", Joined, r#"[64,7,{},"com.procedure"]"#, &["id", "dict", "text"]),
    ("REGISTERED", Never, "[65,7,7]", &["id", "id"]),
    ("UNREGISTER", Joined, "[66,7,7]", &["id", "id"]),
    ("UNREGISTERED", Never, "[67,7]", &["id"]),
    ("INVOCATION", Never, r#"[68,1,7,{},[1],{"k":1}]"#, &["id", "id", "dict", "args", "kwargs"]),
    ("INTERRUPT", Never, "[69,1,{}]", &["id", "dict"]),
    ("YIELD", Invoked, r#"[70,1,{},[1],{"k":1}]"#, &["id", "dict", "args", "kwargs"]),
];

/// The members of options and details whose types the specification fixes.
const MEMBERS: [(&str, &str, &[&str]); 9] = [
    ("HELLO", "texts", &["authmethods"]),
    ("HELLO", "text", &["agent", "authid", "authrole"]),
    ("HELLO", "dict", &["roles", "authextra"]),
    ("PUBLISH", "bool", &["acknowledge", "exclude_me", "disclose_me", "retain"]),
    ("PUBLISH", "ids", &["exclude", "eligible"]),
    ("PUBLISH", "texts", &["exclude_authid", "exclude_authrole", "eligible_authid", "eligible_authrole"]),
    ("CALL", "bool", &["receive_progress", "progress", "disclose_me"]),
    ("CALL", "number", &["timeout"]),
    ("YIELD", "bool", &["progress"]),
];

const MORE_MEMBERS: [(&str, &str, &[&str]); 6] = [
    ("SUBSCRIBE", "text", &["match"]),
    ("SUBSCRIBE", "bool", &["get_retained"]),
    ("REGISTER", "text", &["match", "invoke"]),
    ("REGISTER", "bool", &["forward_timeout", "force_reregister", "disclose_caller"]),
    ("CANCEL", "text", &["mode"]),
    ("ERROR", "text", PPT),
];

const PPT: &[&str] = &["ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid"];

/// What is not of that type, as JSON. An empty list may stand for an empty dictionary, and the other way round.
fn wrong(kind: &str) -> &'static [&'static str] {
    match kind {
        "id" => &["null", "true", "-1", "0", "1.5", "9007199254740993", "\"7\"", "[7]", "{}"],
        "type" => &["null", "true", "-1", "1.5", "48", "\"68\"", "[68]", "{}"],
        "dict" => &["null", "true", "7", "\"text\"", "[1]"],
        "text" => &["true", "7", "1.5", "[\"text\"]", "{\"a\":1}"],
        "args" => &["true", "7", "\"text\"", "{\"k\":1}"],
        "kwargs" => &["true", "7", "\"text\"", "[1]"],
        "bool" => &["0", "1", "\"true\"", "[true]", "{\"a\":1}"],
        "number" => &["true", "\"1\"", "[1]", "{\"a\":1}"],
        "ids" => &["true", "7", "\"7\"", "[\"7\"]", "[1.5]", "[-1]", "{\"a\":1}"],
        "texts" => &["true", "7", "\"text\"", "[7]", "[null]", "{\"a\":1}"],
        other => panic!("{other}"),
    }
}

fn row(name: &str) -> &'static Row {
    MESSAGES.iter().find(|row| row.0 == name).unwrap()
}

/// A connection on which that message would be right.
async fn ready(way: &Way, when: When) -> Peer {
    let mut peer = way.connect().await;
    match when {
        First => return peer,
        Challenged => {
            let hello = r#"[1,"guarded",{"roles":{"caller":{}},"authmethods":["wampcra"],"authid":"joe"}]"#;
            say(&mut peer, hello).await;
            assert!(matches!(peer.receive().await, Message::Challenge(_)));
            return peer;
        }
        Joined | Invoked | Never => peer = peer.joined().await,
    }
    if when == Invoked {
        peer.register("hostile.procedure").await;
        peer.ask("hostile.procedure", Vec::new()).await;
        let Message::Invocation(invocation) = peer.receive().await else { panic!("no invocation") };
        assert_eq!(invocation.request.get(), 1);
    }
    peer
}

fn with(message: &str, at: usize, field: Value) -> Value {
    let Value::List(mut fields) = value(message) else { panic!("a list") };
    fields[at] = field;
    Value::List(fields)
}

/// `code` is that of a WebSocket's closing frame. What only routers send may be looked at or not before it is refused.
async fn is_violation(way: &Way, when: When, message: &Value, code: u16) {
    let mut peer = ready(way, when).await;
    say_value(&mut peer, message).await;
    let what = format!("{way:?}: {message:?}");
    match when {
        Never => drop(violated(&mut peer, &what).await),
        _ => violated_with(&mut peer, code, &what).await,
    }
}

#[tokio::test]
async fn wrong_types_in_every_field() {
    let mut stage = Stage::new().await;
    for way in stage.framings() {
        for (_, when, message, kinds) in MESSAGES {
            for (at, kind) in (1..).zip(kinds) {
                for field in wrong(kind) {
                    // The payload is no affair of the decoder, and 48 is a type, but not of what callees answer.
                    let code = if kind.ends_with("args") || *field == "48" { 1000 } else { 1002 };
                    is_violation(&way, when, &with(message, at, value(field)), code).await;
                }
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn wrong_types_in_every_option() {
    let mut stage = Stage::new().await;
    for way in stage.framings() {
        for (name, kind, members) in MEMBERS.into_iter().chain(MORE_MEMBERS) {
            let (_, when, message, kinds) = row(name);
            let at = 1 + kinds.iter().position(|kind| *kind == "dict").unwrap();
            for (member, wrong) in members.iter().flat_map(|member| wrong(kind).iter().map(move |w| (member, w))) {
                // Null counts as absent.
                let options = value(&format!("{{\"roles\":{{\"caller\":{{}}}},\"{member}\":{wrong}}}"));
                if *wrong != "null" {
                    is_violation(&way, *when, &with(message, at, options), 1002).await;
                }
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn fields_that_are_missing() {
    let mut stage = Stage::new().await;
    for way in stage.framings() {
        for (_, when, message, kinds) in MESSAGES {
            let mandatory = kinds.iter().filter(|kind| !kind.ends_with("args")).count();
            let Value::List(fields) = value(message) else { panic!("a list") };
            for length in 1..=mandatory {
                is_violation(&way, when, &Value::List(fields[..length].to_vec()), 1002).await;
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}

/// So that it was the wrong field that was refused above.
#[tokio::test]
async fn the_messages_as_they_should_be() {
    let stage = Stage::new().await;
    for way in stage.framings() {
        for (name, when, message, _) in MESSAGES {
            let (mut peer, what) = (ready(&way, when).await, format!("{way:?}: {name}"));
            say(&mut peer, message).await;
            match (name, when) {
                ("HELLO", _) => assert!(matches!(peer.receive().await, Message::Welcome(_))),
                ("AUTHENTICATE", _) => {
                    let code = aborted(&mut peer, reason::AUTHENTICATION_DENIED, &what).await;
                    assert_eq!(code, way.is_websocket().then_some(1000));
                }
                ("GOODBYE", _) => assert!(matches!(peer.receive().await, Message::Goodbye(_))),
                ("ABORT", _) => assert_eq!(end(&mut peer).await, way.is_websocket().then_some(1000)),
                (_, Never) => violated_with(&mut peer, 1000, &what).await,
                _ => goes_on(&mut peer, &what).await,
            }
        }
    }
    stage.close().await;
}
