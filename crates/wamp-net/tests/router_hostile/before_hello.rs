//! Messages before HELLO, and HELLO when there is a session already.

use wamp_proto::{Message, reason};

use crate::answers::{aborted, end, say, violated};
use crate::stage::Stage;
use crate::wrong_types::MESSAGES;

const CHALLENGED: &str = r#"[1,"guarded",{"roles":{"caller":{}},"authmethods":["wampcra"],"authid":"joe"}]"#;

#[tokio::test]
async fn message_before_hello() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        for (name, _, message, _) in MESSAGES {
            let mut peer = way.connect().await;
            say(&mut peer, message).await;
            let code = match name {
                "HELLO" => {
                    assert!(matches!(peer.receive().await, Message::Welcome(_)));
                    continue;
                }
                // Who gives up gets no answer.
                "ABORT" => end(&mut peer).await,
                _ => violated(&mut peer, &format!("{way:?}: {name}")).await,
            };
            assert_eq!(code, way.is_websocket().then_some(1000));
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn message_instead_of_authenticate() {
    let stage = Stage::new().await;
    for way in stage.serializers() {
        for (name, _, message, _) in MESSAGES {
            let mut peer = way.connect().await;
            say(&mut peer, CHALLENGED).await;
            assert!(matches!(peer.receive().await, Message::Challenge(_)));
            say(&mut peer, message).await;
            match name {
                "AUTHENTICATE" => aborted(&mut peer, reason::AUTHENTICATION_DENIED, name).await,
                "ABORT" => end(&mut peer).await,
                _ => violated(&mut peer, &format!("{way:?}: {name}")).await,
            };
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn second_hello() {
    let stage = Stage::new().await;
    let again = [r#"[1,"realm1",{"roles":{"caller":{}}}]"#, r#"[1,"no.such.realm",{"roles":{}}]"#, CHALLENGED];
    for way in stage.ways() {
        for hello in again {
            let mut peer = way.join().await;
            say(&mut peer, hello).await;
            let code = violated(&mut peer, &format!("{way:?}: {hello}")).await;
            assert_eq!(code, way.is_websocket().then_some(1000));
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn hello_and_everything_else_at_once() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        let mut peer = way.connect().await;
        say(&mut peer, r#"[1,"realm1",{"roles":{"subscriber":{}}}]"#).await;
        say(&mut peer, r#"[32,7,{},"com.topic"]"#).await;
        say(&mut peer, r#"[1,"realm1",{"roles":{"subscriber":{}}}]"#).await;
        assert!(matches!(peer.receive().await, Message::Welcome(_)));
        assert!(matches!(peer.receive().await, Message::Subscribed(_)));
        violated(&mut peer, "the second HELLO").await;
    }
    stage.close().await;
}

#[tokio::test]
async fn realms_and_roles_that_are_none() {
    let stage = Stage::new().await;
    let cases = [
        (r#"[1,"no.such.realm",{"roles":{"caller":{}}}]"#, reason::NO_SUCH_REALM),
        (r#"[1,"",{"roles":{"caller":{}}}]"#, reason::INVALID_URI),
        (r##"[1,"re#lm",{"roles":{"caller":{}}}]"##, reason::INVALID_URI),
        (r#"[1,"realm1",{"roles":{}}]"#, reason::PROTOCOL_VIOLATION),
        (r#"[1,"realm1",{}]"#, reason::PROTOCOL_VIOLATION),
        (r#"[1,"realm1",{"roles":{"emperor":{}}}]"#, reason::PROTOCOL_VIOLATION),
        (r#"[1,"realm1",{"roles":{"caller":{}},"authmethods":["telepathy"]}]"#, reason::NO_MATCHING_AUTH_METHOD),
        (r#"[1,"guarded",{"roles":{"caller":{}}}]"#, reason::NO_MATCHING_AUTH_METHOD),
    ];
    for way in stage.transports() {
        for (hello, why) in cases {
            let mut peer = way.connect().await;
            say(&mut peer, hello).await;
            aborted(&mut peer, why, hello).await;
        }
    }
    stage.close().await;
}
