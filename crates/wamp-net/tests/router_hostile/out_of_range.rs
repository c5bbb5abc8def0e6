//! URIs and ids out of range.

use wamp_proto::{Message, reason};

use crate::answers::{goes_on, refused, say, say_value, value, violated, violated_with};
use crate::stage::{Stage, Way};

const NO_URIS: [&str; 8] = ["", ".", "a..b", ".a", "a.", "a b", "a#b", "a\\tb"];

fn requests(uri: &str) -> [String; 4] {
    [
        format!(r#"[16,7,{{"acknowledge":true}},"{uri}"]"#),
        format!(r#"[32,7,{{}},"{uri}"]"#),
        format!(r#"[48,7,{{}},"{uri}"]"#),
        format!(r#"[64,7,{{}},"{uri}"]"#),
    ]
}

#[tokio::test]
async fn uris_out_of_range() {
    let stage = Stage::new().await;
    let long = "a".repeat(5000);
    for way in stage.ways() {
        let mut peer = way.join().await;
        for uri in NO_URIS.into_iter().chain([&*long]) {
            for request in requests(uri) {
                say(&mut peer, &request).await;
                refused(&mut peer, reason::INVALID_URI, &request).await;
            }
        }
        // What nobody wants acknowledged is not answered either.
        say(&mut peer, r#"[16,7,{},"a..b"]"#).await;
        goes_on(&mut peer, "a publication without an answer").await;
    }
    stage.close().await;
}

#[tokio::test]
async fn uris_of_the_protocol() {
    let stage = Stage::new().await;
    let cases = [
        (r#"[16,7,{"acknowledge":true},"wamp.session.on_join"]"#, reason::INVALID_URI),
        (r#"[64,7,{},"wamp.session.count"]"#, reason::INVALID_URI),
        (r#"[64,7,{"match":"prefix"},"wamp."]"#, reason::INVALID_URI),
        (r#"[64,7,{"match":"wildcard"},"wamp..count"]"#, reason::INVALID_URI),
        (r#"[48,7,{},"wamp.no.such.procedure"]"#, reason::NO_SUCH_PROCEDURE),
    ];
    for way in stage.transports() {
        let mut peer = way.join().await;
        for (request, why) in cases {
            say(&mut peer, request).await;
            refused(&mut peer, why, request).await;
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn options_out_of_range() {
    let stage = Stage::new().await;
    let cases = [
        (r#"[32,7,{"match":"regex"},"com.topic"]"#, reason::INVALID_ARGUMENT),
        (r#"[64,7,{"match":"regex"},"com.procedure"]"#, reason::INVALID_ARGUMENT),
        (r#"[64,7,{"invoke":"loudest"},"com.procedure"]"#, reason::INVALID_ARGUMENT),
        (r#"[48,7,{"timeout":-1},"com.procedure"]"#, reason::INVALID_ARGUMENT),
    ];
    for way in stage.transports() {
        let mut peer = way.join().await;
        for (request, why) in cases {
            say(&mut peer, request).await;
            refused(&mut peer, why, request).await;
        }
        say(&mut peer, r#"[49,7,{"mode":"softly"}]"#).await;
        violated(&mut peer, "no mode of canceling").await;
    }
    stage.close().await;
}

#[tokio::test]
async fn uris_that_the_meta_api_is_asked_about() {
    let stage = Stage::new().await;
    for way in stage.transports() {
        let mut peer = way.join().await;
        for procedure in ["wamp.registration.match", "wamp.subscription.match"] {
            for uri in NO_URIS {
                let request = format!(r#"[48,7,{{}},"{procedure}",["{uri}"]]"#);
                say(&mut peer, &request).await;
                refused(&mut peer, reason::INVALID_URI, &request).await;
            }
            for arguments in ["", ",[]", ",[7]", ",[null]", ",[[]]", ",[{}]"] {
                let request = format!(r#"[48,7,{{}},"{procedure}"{arguments}]"#);
                say(&mut peer, &request).await;
                refused(&mut peer, reason::INVALID_ARGUMENT, &request).await;
            }
        }
    }
    stage.close().await;
}

/// The first id that there is not, and what integers of the serializers can say beyond.
const NO_IDS: [&str; 6] = ["0", "9007199254740993", "9223372036854775808", "18446744073709551615", "-1", "1.5"];

#[tokio::test]
async fn ids_out_of_range() {
    let mut stage = Stage::new().await;
    let places = ["[34,7,$]", "[66,7,$]", "[34,$,7]", "[48,$,{},\"com.nobody\"]", "[49,$,{}]", "[70,$,{}]"];
    for way in stage.framings() {
        for (place, id) in places.iter().flat_map(|place| NO_IDS.map(|id| (place, id))) {
            let mut peer = way.join().await;
            let message = place.replace('$', id);
            say(&mut peer, &message).await;
            violated_with(&mut peer, 1002, &format!("{way:?}: {message}")).await;
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn ids_at_the_edge() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        let mut peer = way.join().await;
        for id in ["1", "9007199254740992"] {
            for (request, why) in [
                (format!("[34,7,{id}]"), reason::NO_SUCH_SUBSCRIPTION),
                (format!("[66,7,{id}]"), reason::NO_SUCH_REGISTRATION),
                (format!("[48,{id},{{}},\"com.nobody\"]"), reason::NO_SUCH_PROCEDURE),
            ] {
                say(&mut peer, &request).await;
                refused(&mut peer, why, &request).await;
            }
        }
        lists_of_ids(&way, "[9007199254740992]", true).await;
        lists_of_ids(&way, "[18446744073709551615]", true).await;
        lists_of_ids(&way, "[-1]", false).await;
    }
    stage.close().await;
}

/// Nobody has such an id: who is excluded by it is not there.
async fn lists_of_ids(way: &Way, ids: &str, good: bool) {
    let mut peer = way.join().await;
    say_value(&mut peer, &value(&format!(r#"[16,7,{{"acknowledge":true,"exclude":{ids}}},"com.topic"]"#))).await;
    match good {
        true => assert!(matches!(peer.receive().await, Message::Published(_))),
        false => violated_with(&mut peer, 1002, ids).await,
    }
}
