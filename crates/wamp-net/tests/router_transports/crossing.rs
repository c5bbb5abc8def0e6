//! Several listeners at once.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use wamp_net::router::Limits;
use wamp_proto::message::Yield;
use wamp_proto::{Dict, Message, Serializer, Value};

use crate::raw::{Folder, Peer, hello, in_time, line, router};

#[tokio::test]
async fn the_sessions_of_all_transports_meet() {
    let folder = Folder::new();
    let (unix, ws_unix) = (folder.file("raw.sock"), folder.file("ws.sock"));
    let (unix, ws_unix) = (format!("unix://{unix}"), format!("ws+unix://{ws_unix}:/ws"));
    let router = router(&["tcp://127.0.0.1:0", "tls://127.0.0.1:0", &unix, &ws_unix], Limits::default());
    assert!(router.urls()[0].starts_with("tcp://127.0.0.1:") && !router.urls()[0].ends_with(":0"));
    assert_eq!(router.urls()[2..], [unix, ws_unix.clone()]);

    let mut peers = Vec::new();
    for (url, serializer) in router.urls()[..3].iter().zip([Serializer::Json, Serializer::MsgPack, Serializer::Json]) {
        let mut peer = Peer::join(url, serializer).await;
        peer.subscribe("a.topic").await;
        peers.push(peer);
    }
    let mut request = "ws://localhost/ws".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("wamp.2.json"));
    let (mut ws, _) = in_time(client_async(request, line(&ws_unix).await)).await.unwrap();
    let json =
        |message: &Message| Frame::text(String::from_utf8(Serializer::Json.encode(message).unwrap().into()).unwrap());
    ws.send(json(&hello())).await.unwrap();
    assert!(matches!(in_time(ws.next()).await, Some(Ok(Frame::Text(welcome))) if welcome.starts_with("[2,")));
    ws.send(Frame::text(r#"[16,1,{},"a.topic",["to all",-7]]"#)).await.unwrap();
    for peer in &mut peers {
        let Message::Event(event) = peer.receive().await else { panic!("no event") };
        assert_eq!(peer.args(&event.payload), [Value::from("to all"), Value::Int(-7)]);
    }
    assert_eq!(router.stats().sessions, 4);
}

#[tokio::test]
async fn a_call_goes_through_with_large_arguments_too() {
    let folder = Folder::new();
    let router = router(&[&format!("unix:{}", folder.file("x.sock")), "tls://127.0.0.1:0"], Limits::default());
    let mut callee = Peer::join(&router.urls()[0], Serializer::MsgPack).await;
    let mut caller = Peer::join(&router.urls()[1], Serializer::MsgPack).await;
    callee.register("a.procedure").await;
    for size in [1, 5000, 100_000, 3 << 20] {
        let text = "x".repeat(size);
        caller.ask("a.procedure", vec![Value::from(text.as_str())]).await;
        let Message::Invocation(invocation) = callee.receive().await else { panic!("no invocation") };
        let (request, payload) = (invocation.request, invocation.payload);
        callee.send(Message::Yield(Yield { request, options: Dict::new(), payload })).await;
        let Message::Result(result) = caller.receive().await else { panic!("no result") };
        assert_eq!(caller.args(&result.payload), [Value::from(text)]);
    }
}
