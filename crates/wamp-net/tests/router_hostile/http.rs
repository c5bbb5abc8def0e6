//! Requests of HTTP that are none, or are too much: before a WebSocket, and for what plain HTTP answers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::{Credential, Http, Limits, Publishing, Secret};
use wamp_proto::{Message, Value};

use crate::answers::{goes_on, say};
use crate::frames::opening;
use crate::peers::{in_time, line};
use crate::stage::{Peer, Stage, Way};

const UPGRADE: &str = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n";

async fn stage(limits: Limits) -> Stage {
    let token =
        Credential { secret: Secret::Token("open".into()), authid: "web".into(), authrole: "web".into(), realm: None };
    let signature_window = Duration::from_secs(300);
    let publish =
        Publishing { path: "/publish".into(), max_body_size: 1000, signature_window, credentials: vec![token] };
    Stage::with(|config| {
        config.limits = limits;
        config.http = Http { publish: Some(publish), ..Http::default() };
    })
    .await
}

/// One way for each transport that begins with HTTP.
fn ways(stage: &Stage) -> Vec<Way> {
    stage.transports().into_iter().filter(Way::is_websocket).collect()
}

/// The status of the answer; `None` when there is none.
async fn status(way: &Way, request: &[u8]) -> Option<u16> {
    let mut line = line(&way.url).await;
    // The router may have heard enough before all of it is written.
    let _ = in_time(line.write_all(request)).await;
    let _ = in_time(line.shutdown()).await;
    let mut answer = Vec::new();
    let _ = in_time(line.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).map(|status| status.parse().unwrap())
}

#[tokio::test]
async fn requests_that_are_none() {
    let mut stage = stage(Limits::default()).await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let cases = [
        (format!("GET /ws HTTP/1.1\r\n{UPGRADE}\r\n"), 101),
        (format!("GET /ws HTTP/1.0\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws HTTP/9.9\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws\r\n{UPGRADE}\r\n"), 400),
        (format!("GET\r\n{UPGRADE}\r\n"), 400),
        (format!("G\0T /ws HTTP/1.1\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /w\0s HTTP/1.1\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws HTTP/1.1\r\nNo colon\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws HTTP/1.1\r\n: no name\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws HTTP/1.1\r\nX: \0\r\n{UPGRADE}\r\n"), 400),
        (format!("GET /ws HTTP/1.1\r\n{}", UPGRADE.replace(key, "") + "\r\n"), 400),
        (format!("GET /ws HTTP/1.1\r\n{}", UPGRADE.replace("13", "8") + "\r\n"), 426),
        (format!("GET /ws HTTP/1.1\r\n{}", UPGRADE.replace("Upgrade: websocket\r\n", "") + "\r\n"), 426),
        (format!("GET /ws HTTP/1.1\r\n{}", UPGRADE.replace("wamp.2.json", "wamp.3.json") + "\r\n"), 400),
        (format!("POST /ws HTTP/1.1\r\n{UPGRADE}\r\n"), 405),
        (format!("GET /../../etc/passwd HTTP/1.1\r\n{UPGRADE}\r\n"), 404),
        (format!("GET /WS HTTP/1.1\r\n{UPGRADE}\r\n"), 404),
        (format!("GET http://elsewhere/other HTTP/1.1\r\n{UPGRADE}\r\n"), 404),
        (format!("OPTIONS * HTTP/1.1\r\n{UPGRADE}\r\n"), 405),
        (format!("CONNECT x:80 HTTP/1.1\r\n{UPGRADE}\r\n"), 405),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
    ];
    for way in ways(&stage) {
        for (request, expected) in &cases {
            assert_eq!(status(&way, request.as_bytes()).await, Some(*expected), "{way:?}: {request}");
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn huge_heads() {
    let mut stage = stage(Limits::default()).await;
    let upgrade = "GET /ws HTTP/1.1\r\n".to_owned() + UPGRADE;
    let cases = [
        // It never ends.
        (format!("GET /{}", "x".repeat(1 << 20)), 431),
        (format!("{upgrade}X: {}", "x".repeat(1 << 20)), 431),
        ("x".repeat(100_000), 431),
        // It does, too late.
        (format!("{upgrade}X: {}\r\n\r\n", "x".repeat(20_000)), 431),
        (format!("GET /{} HTTP/1.1\r\n{UPGRADE}\r\n", "x".repeat(20_000)), 431),
        // Too many, though short.
        (format!("{upgrade}{}\r\n", "X: y\r\n".repeat(500)), 400),
        (format!("GET /health HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500)), 400),
        // Large, but not too large.
        (format!("{upgrade}X: {}\r\n\r\n", "x".repeat(10_000)), 101),
        (format!("{upgrade}{}\r\n", "X: y\r\n".repeat(100)), 101),
    ];
    for way in ways(&stage) {
        for (request, expected) in &cases {
            let begin = &request[..60];
            assert_eq!(status(&way, request.as_bytes()).await, Some(*expected), "{way:?}: {begin}");
        }
        stage.clear().await;
    }
    stage.close().await;
}

fn posts() -> [(String, Option<u16>); 9] {
    let head = "POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer open\r\n";
    let body = r#"{"realm":"realm1","topic":"witness.topic","args":["forged"]}"#;
    let length = body.len();
    [
        // Half of it comes.
        (format!("{head}Content-Length: {length}\r\n\r\n{}", &body[..length - 1]), Some(400)),
        (format!("{head}Content-Length: {length}\r\n"), None),
        (head[..head.len() / 2].to_owned(), None),
        // The body is another than its head says.
        (format!("{head}Content-Length: {}\r\n\r\n{body}", length - 1), Some(400)),
        (format!("{head}Content-Length: {length}\r\nContent-Length: 7\r\n\r\n{body}"), Some(400)),
        (format!("{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Some(411)),
        (format!("{head}Content-Length: 0x10\r\n\r\n{body}"), Some(400)),
        (format!("{head}Content-Length: +{length}\r\n\r\n{body}"), Some(400)),
        (format!("{head}Content-Length: 18446744073709551616\r\n\r\n{body}"), Some(413)),
    ]
}

#[tokio::test]
async fn half_requests() {
    let mut stage = stage(Limits::default()).await;
    let whole = posts()[0].0.replace("witness.topic", "hostile.topic") + "}";
    for way in ways(&stage) {
        assert_eq!(status(&way, whole.as_bytes()).await, Some(200));
        for (request, expected) in posts() {
            assert_eq!(status(&way, request.as_bytes()).await, expected, "{way:?}: {request}");
        }
        // The honest subscriber has got none of it.
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn half_requests_of_those_who_stay() {
    let limits = Limits { join_timeout: Duration::from_secs(1), ..Limits::default() };
    let mut stage = stage(limits).await;
    let mut staying = Vec::new();
    for way in ways(&stage) {
        for (request, _) in posts().into_iter().filter(|(_, status)| status.is_none()) {
            let mut line = line(&way.url).await;
            line.write_all(request.as_bytes()).await.unwrap();
            line.flush().await.unwrap();
            staying.push(line);
        }
        // An answer that nobody reads, and a connection that its client does not end.
        let mut line = line(&way.url).await;
        line.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        line.flush().await.unwrap();
        staying.push(line);
    }
    stage.clear().await;
    stage.close().await;
}

/// Who is behind the connection is what the socket says, whatever a proxy that is none says about it.
#[tokio::test]
async fn headers_of_proxies() {
    let stage = stage(Limits::default()).await;
    let forged = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: router\r\n\
        Forwarded: for=6.6.6.6;proto=https\r\nX-Real-IP: \u{fffd}\u{fffd}\r\nVia: 1.1 nowhere\r\n\
        X-Forwarded-For: ,,,'\"; DROP TABLE\r\nTrue-Client-IP:\r\nProxy: http://6.6.6.6\r\n";
    for way in ways(&stage).into_iter().filter(|way| !way.url.contains("unix")) {
        let mut line = line(&way.url).await;
        let request = format!("GET /ws HTTP/1.1\r\n{forged}{UPGRADE}\r\n");
        line.write_all(request.as_bytes()).await.unwrap();
        line.flush().await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(in_time(line.read_u8()).await.unwrap());
        }
        let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
        let web = tokio_tungstenite::WebSocketStream::from_raw_socket(line, role, None).await;
        let wire = crate::peers::Either::Web(Box::new(web));
        let mut peer = Peer { wire, serializer: wamp_proto::Serializer::Json };
        say(&mut peer, r#"[1,"realm1",{"roles":{"caller":{},"subscriber":{}}}]"#).await;
        let Message::Welcome(welcome) = peer.receive().await else { panic!("not welcome") };
        say(&mut peer, &format!(r#"[48,1,{{}},"wamp.session.get",[{}]]"#, welcome.session)).await;
        let Message::Result(result) = peer.receive().await else { panic!("no result") };
        let Value::Dict(session) = peer.args(&result.payload).remove(0) else { panic!("no details") };
        let transport = session.dict("transport").unwrap();
        assert_eq!(transport.str("peer").unwrap(), "127.0.0.1", "{transport:?}");
        assert_eq!(transport.get("secure"), Some(&way.url.starts_with("wss:").into()));
        goes_on(&mut peer, "like any other").await;
    }
    stage.close().await;
}

/// What stands behind the request already belongs to the WebSocket, and so does what follows.
#[tokio::test]
async fn frames_right_behind_the_request() {
    let stage = stage(Limits::default()).await;
    for way in ways(&stage) {
        let mut line = line(&way.url).await;
        line.write_all(&opening(&way)).await.unwrap();
        line.write_all(&[0xff; 20]).await.unwrap();
        let _ = line.shutdown().await;
        let mut answer = Vec::new();
        let _ = in_time(line.read_to_end(&mut answer)).await;
        let broken = 1002_u16.to_be_bytes();
        assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.windows(2).any(|two| two == broken), "{way:?}");
    }
    stage.close().await;
}
