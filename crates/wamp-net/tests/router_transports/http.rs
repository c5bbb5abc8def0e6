//! What is answered by plain HTTP.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::{Credential, Http, Limits, News, Publishing, Router, RouterConfig, Secret};
use wamp_proto::auth::hmac_sha256;
use wamp_proto::router::{MetaApi, RealmConfig};
use wamp_proto::{Message, Serializer, Value, iso8601};

use crate::raw::{Peer, config, in_time, line};

const WS: &str = "ws://127.0.0.1:0/ws";
const RAW: &str = "tcp://127.0.0.1:0";

fn credential(token: &str, realm: Option<&str>) -> Credential {
    let realm = realm.map(str::to_owned);
    Credential { secret: Secret::Token(token.to_owned()), authid: "web".to_owned(), authrole: "web".to_owned(), realm }
}

fn publishing() -> RouterConfig {
    let key = Secret::Key { key: "a key".to_owned(), secret: "its secret".to_owned() };
    let signing = Credential { secret: key, ..credential("", None) };
    let credentials = vec![credential("open", None), credential("narrow", Some("realm1")), signing];
    let signature_window = Duration::from_secs(300);
    let publish = Publishing { path: "/publish".to_owned(), max_body_size: 1000, signature_window, credentials };
    let http = Http { publish: Some(publish), ..Http::default() };
    RouterConfig { http, ..config(&[WS, RAW], Limits::default()) }
}

async fn answer_to(router: &Router, request: &str) -> String {
    let mut line = line(router.url()).await;
    line.write_all(request.as_bytes()).await.unwrap();
    line.shutdown().await.unwrap();
    let mut answer = String::new();
    in_time(line.read_to_string(&mut answer)).await.unwrap();
    answer
}

fn post(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nContent-Type: application/json\r\n{headers}\r\n{body}"
    )
}

async fn status_of(router: &Router, request: &str) -> u16 {
    let answer = answer_to(router, request).await;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn health_tells_that_it_runs() {
    let router = Router::start(config(&[WS, RAW], Limits::default())).unwrap();
    let _peer = Peer::join(&router.urls()[1], Serializer::Json).await;
    let answer = answer_to(&router, "GET /health?now HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Type: application/json\r\n"),
        "{answer}"
    );
    let expected =
        format!("\r\n\r\n{{\"status\":\"ok\",\"sessions\":1,\"version\":\"{}\"}}\n", env!("CARGO_PKG_VERSION"));
    assert!(answer.ends_with(&expected), "{answer}");
    let head = answer_to(&router, "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n") && head.contains("Content-Length: "),
        "{head}"
    );
    let wrong = answer_to(&router, "POST /health HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(wrong.starts_with("HTTP/1.1 405") && wrong.contains("Allow: GET, HEAD\r\n"), "{wrong}");
    let http = Http { health: None, ..Http::default() };
    let silent = Router::start(RouterConfig { http, ..config(&[WS], Limits::default()) }).unwrap();
    assert_eq!(status_of(&silent, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n").await, 404);
    assert_eq!(status_of(&silent, &post("", "{}")).await, 405, "publishing is off");
}

#[tokio::test]
async fn a_post_is_an_event_for_the_subscribers() {
    let router = Router::start(publishing()).unwrap();
    let mut subscriber = Peer::join(&router.urls()[1], Serializer::MsgPack).await;
    subscriber.subscribe("a.topic").await;
    let basic = "Authorization: Basic d2ViOm9wZW4=\r\n";
    for authorization in
        ["Authorization: Bearer open\r\n", basic, "authorization: bearer narrow\r\nExpect: 100-continue\r\n"]
    {
        let body = r#"{"topic":"a.topic","args":["hello",1.5],"kwargs":{"k":[null]},"options":{}}"#;
        let answer = answer_to(&router, &post(authorization, body)).await;
        assert!(answer.contains("HTTP/1.1 200 OK\r\n"), "{answer}");
        let Message::Event(event) = subscriber.receive().await else { panic!("no event") };
        assert!(answer.ends_with(&format!("\r\n\r\n{{\"id\":{}}}\n", event.publication)), "{answer}");
        assert_eq!(subscriber.args(&event.payload), [Value::from("hello"), Value::Float(1.5)]);
    }
    assert_eq!(router.stats().sessions, 1);
}

#[tokio::test]
async fn a_message_may_be_posted_as_to_wiola() {
    let router = Router::start(publishing()).unwrap();
    let mut subscriber = Peer::join(&router.urls()[1], Serializer::Cbor).await;
    subscriber.subscribe("a.topic").await;
    let body = r#"[16,1,{},"a.topic",["hello",1.5]]"#;
    assert_eq!(status_of(&router, &post("", body)).await, 401);
    let answer = answer_to(&router, &post("Authorization: Bearer open\r\n", body)).await;
    let Message::Event(event) = subscriber.receive().await else { panic!("no event") };
    assert!(answer.ends_with(&format!("{{\"result\":true,\"id\":{}}}\n", event.publication)), "{answer}");
    assert_eq!(subscriber.args(&event.payload), [Value::from("hello"), Value::Float(1.5)]);
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let router = Router::start(publishing()).unwrap();
    let (token, good) = ("Authorization: Bearer open\r\n", r#"{"topic":"a.topic"}"#);
    let with = |headers: &str| post(&format!("{token}{headers}"), good);
    let unsized_post = format!("POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{token}");
    let cases = [
        (post("", good), 401),
        (post("Authorization: Bearer wrong\r\n", good), 401),
        (post("Authorization: Bearer \r\n", good), 401),
        (post("Authorization: Basic !!\r\n", good), 401),
        (post("Authorization: Basic b3RoZXI6b3Blbg==\r\n", good), 401),
        (with("").replace("POST", "PUT"), 405),
        (with("Origin: http://evil.org\r\n"), 403),
        (with("").replace("application/json", "text/plain"), 415),
        (with("").replace("/publish", "/elsewhere"), 405),
        (format!("{unsized_post}\r\n"), 411),
        (format!("{unsized_post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411),
        (format!("{unsized_post}Content-Length: -1\r\n\r\n"), 400),
        (format!("{unsized_post}Content-Length: 1001\r\n\r\n"), 413),
        (format!("{unsized_post}Content-Length: 99999999999999999999999\r\n\r\n"), 413),
        (post(token, "{"), 400),
        (post(token, r#"{"args":[]}"#), 400),
        (post(token, r#"{"topic":"a.topic","realm":"nowhere"}"#), 404),
        (post("Authorization: Bearer narrow\r\n", r#"{"topic":"a.topic","realm":"realm2"}"#), 403),
        (post(token, r#"{"topic":"wamp.session.on_join"}"#), 400),
    ];
    for (request, status) in cases {
        assert_eq!(status_of(&router, &request).await, status, "{request}");
    }
    assert_eq!(status_of(&router, &with("Origin: http://localhost:3000\r\n")).await, 200);
}

#[tokio::test]
async fn who_publishes_by_post_only_visits() {
    let realms =
        vec![RealmConfig { meta: MetaApi { session: true, ..MetaApi::default() }, ..RealmConfig::open("realm1") }];
    let router = Router::start(RouterConfig { realms, tells_sessions: true, ..publishing() }).unwrap();
    let mut subscriber = Peer::join(&router.urls()[1], Serializer::Json).await;
    for topic in ["wamp.session.on_join", "wamp.session.on_leave", "a.topic"] {
        subscriber.subscribe(topic).await;
    }
    let request = post("Authorization: Bearer open\r\n", r#"{"topic":"a.topic","args":["posted"]}"#);
    assert_eq!(status_of(&router, &request).await, 200);
    let Message::Event(event) = subscriber.receive().await else { panic!("no event") };
    assert_eq!(subscriber.args(&event.payload), [Value::from("posted")]);
    let _other = Peer::join(&router.urls()[1], Serializer::Json).await;
    let Message::Event(event) = subscriber.receive().await else { panic!("no event") };
    let [Value::Dict(joined)] = &subscriber.args(&event.payload)[..] else { panic!("no session") };
    assert_eq!(joined.str("authmethod").unwrap(), "anonymous");
    let methods = std::iter::from_fn(|| router.questions().news()).map(|news| match news {
        News::Joined(session) => session.str("authmethod").unwrap().to_string(),
        other => panic!("{other:?}"),
    });
    assert_eq!(methods.collect::<Vec<_>>(), ["anonymous", "anonymous"]);
}

/// A request as Crossbar.io's publishers sign it, at that time.
fn signed(at: SystemTime, key: &str, secret: &str, body: &str) -> String {
    let at = iso8601(at);
    let mac = hmac_sha256(secret.as_bytes(), format!("{key}{at}123{body}").as_bytes());
    let signature = URL_SAFE.encode(mac).replace('=', "%3D");
    let query = format!(
        "key={}&timestamp={}&seq=1&nonce=23&signature={signature}",
        key.replace(' ', "%20"),
        at.replace(':', "%3A")
    );
    post("", body).replace("/publish", &format!("/publish?{query}"))
}

#[tokio::test]
async fn a_signed_request_is_taken_once() {
    let router = Router::start(publishing()).unwrap();
    let body = r#"{"topic":"a.topic"}"#;
    // As much ahead as may be: what may have been signed for a router before this one is refused.
    let soon = || SystemTime::now() + Duration::from_millis(1900);
    let now = || signed(soon(), "a key", "its secret", body);
    let taken = in_time(async {
        loop {
            let request = now();
            match status_of(&router, &request).await {
                503 => {}
                status => return (request, status),
            }
        }
    });
    let (request, status) = taken.await;
    assert_eq!(status, 200);
    assert_eq!(status_of(&router, &request).await, 401, "a second time");
    let long_ago = SystemTime::now() - Duration::from_secs(400);
    for (wrong, status) in [
        (signed(long_ago, "a key", "its secret", body), 401),
        (signed(soon(), "a key", "another", body), 401),
        (signed(soon(), "another", "its secret", body), 401),
        (now().replace("a.topic", "b.topic"), 401),
        (now().replace("seq=1", "seq=x"), 400),
    ] {
        assert_eq!(status_of(&router, &wrong).await, status, "{wrong}");
    }
}

#[tokio::test]
async fn a_half_body_is_not_published() {
    let router = Router::start(publishing()).unwrap();
    let mut line = line(router.url()).await;
    let request = post("Authorization: Bearer open\r\n", r#"{"topic":"a.topic"}"#);
    line.write_all(&request.as_bytes()[..request.len() - 1]).await.unwrap();
    line.shutdown().await.unwrap();
    let mut answer = String::new();
    in_time(line.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("incomplete"), "{answer}");
}

#[tokio::test]
async fn the_realm_must_be_clear() {
    let realms = ["realm1", "realm2"].map(RealmConfig::open).to_vec();
    let router = Router::start(RouterConfig { realms, ..publishing() }).unwrap();
    let open = "Authorization: Bearer open\r\n";
    assert_eq!(status_of(&router, &post(open, r#"{"topic":"a.topic"}"#)).await, 400);
    assert_eq!(status_of(&router, &post(open, r#"{"topic":"a.topic","realm":"realm2"}"#)).await, 200);
    assert_eq!(status_of(&router, &post("Authorization: Bearer narrow\r\n", r#"{"topic":"a.topic"}"#)).await, 200);
}

#[tokio::test]
async fn pages_of_the_origins_that_are_listed_may_have_a_websocket() {
    let http = Http { allowed_origins: Some(vec!["https://*.example.org".to_owned()]), ..Http::default() };
    let router = Router::start(RouterConfig { http, ..config(&[WS], Limits::default()) }).unwrap();
    let asked = |origin: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{origin}\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n"
        )
    };
    for (origin, status) in
        [("", 101), ("Origin: https://www.example.org\r\n", 101), ("Origin: http://localhost\r\n", 403)]
    {
        assert_eq!(status_of(&router, &asked(origin)).await, status, "{origin}");
    }
}

#[tokio::test]
async fn a_page_whose_name_leads_here_is_a_stranger_unless_it_is_listed() {
    let upgrade = |host: &str| {
        format!(
            "GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: wamp.2.json\r\n\r\n"
        )
    };
    let posted = |host: &str, origin: &str| {
        post(&format!("Authorization: Bearer open\r\n{origin}"), r#"{"topic":"a.topic"}"#)
            .replace("Host: x", &format!("Host: {host}"))
    };
    let router = Router::start(publishing()).unwrap();
    let http = Http { allowed_origins: Some(vec!["http://example.org:*".to_owned()]), ..publishing().http };
    let listing = Router::start(RouterConfig { http, ..publishing() }).unwrap();
    for (host, status) in [("127.0.0.1:8080", 101), ("localhost:8080", 101), ("example.org:8080", 403)] {
        assert_eq!(status_of(&router, &upgrade(host)).await, status, "{host}");
    }
    assert_eq!(status_of(&listing, &upgrade("example.org:8080")).await, 101);
    let origin = "Origin: http://example.org:8080\r\n";
    for (router, origin, status) in [(&router, origin, 403), (&listing, origin, 200), (&router, "", 200)] {
        assert_eq!(status_of(router, &posted("example.org:8080", origin)).await, status, "{origin}");
    }
}

#[tokio::test]
async fn who_publishes_may_what_the_role_may() {
    let options = br#"{"listen": "ws://127.0.0.1:0/ws", "realms": "realm1",
        "roles": {"web": {"permissions": [{"uri": "a.", "match": "prefix", "allow": ["publish"]}]}},
        "http": {"publish": {"path": "/publish", "credentials": [
            {"token": "open", "authid": "web", "authrole": "web"},
            {"token": "none", "authid": "web", "authrole": "unknown"}]}}}"#;
    let Ok(Value::Dict(options)) = Serializer::Json.read_value(options) else { panic!("no options") };
    let router = Router::start(RouterConfig::from_options(options).unwrap()).unwrap();
    for (token, topic, status) in [("open", "a.topic", 200), ("open", "b.topic", 403), ("none", "a.topic", 403)] {
        let request = post(&format!("Authorization: Bearer {token}\r\n"), &format!("{{\"topic\":\"{topic}\"}}"));
        assert_eq!(status_of(&router, &request).await, status, "{token} {topic}");
    }
}
