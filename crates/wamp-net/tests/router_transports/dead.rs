//! Peers that do not answer pings, on both framings: what they held is gone with them.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use wamp_net::router::{Limits, Router};
use wamp_proto::message::Goodbye;
use wamp_proto::{Dict, Message, Serializer, reason};

use crate::raw::{Line, PING, Peer, hello, in_time, line, router};

/// Long enough for a living peer to answer, though the machine is busy.
fn impatient() -> Limits {
    let interval = Some(Duration::from_millis(100));
    Limits { ping_interval: interval, ping_timeout: Duration::from_secs(1), ..Limits::default() }
}

/// A session that has registered and then never reads again.
async fn dead_on_rawsocket(url: &str) -> Line {
    let mut peer = Peer::join(url, Serializer::Json).await;
    peer.register("dead.procedure").await;
    peer.wire.line
}

async fn dead_on_websocket(url: &str) -> Line {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("wamp.2.json"));
    let (mut ws, _) = in_time(client_async(request, line(url).await)).await.unwrap();
    let hello = Serializer::Json.encode(&hello()).unwrap();
    for message in [std::str::from_utf8(&hello).unwrap(), r#"[64,1,{},"dead.procedure"]"#] {
        in_time(ws.send(Frame::text(message))).await.unwrap();
        in_time(ws.next()).await.unwrap().unwrap();
    }
    ws.into_inner()
}

/// Calls until the registration is gone.
async fn until_gone(router: &Router) {
    let mut caller = Peer::join(&router.urls()[0], Serializer::Json).await;
    caller.ask("dead.procedure", Vec::new()).await;
    let Message::Error(error) = caller.receive().await else { panic!("no error") };
    assert_ne!(error.error, reason::NO_SUCH_PROCEDURE, "it was still registered");
    caller.ask("dead.procedure", Vec::new()).await;
    let Message::Error(error) = caller.receive().await else { panic!("no error") };
    assert_eq!(error.error, reason::NO_SUCH_PROCEDURE);
    assert_eq!(router.stats().sessions, 1);
}

#[tokio::test]
async fn a_dead_peer_is_gone_with_what_it_held() {
    let router = router(&["tcp://127.0.0.1:0", "ws://127.0.0.1:0/ws"], impatient());
    let dead = dead_on_rawsocket(&router.urls()[0]).await;
    until_gone(&router).await;
    drop(dead);
    let _dead = dead_on_websocket(&router.urls()[1]).await;
    until_gone(&router).await;
}

#[tokio::test]
async fn a_peer_that_answers_lives_on() {
    let router = router(&["tcp://127.0.0.1:0"], impatient());
    let mut peer = Peer::join(router.url(), Serializer::Json).await;
    for _ in 0..3 {
        let (kind, said) = peer.frame().await.unwrap();
        assert_eq!((kind, said.as_slice()), (PING, &b""[..]));
        peer.write(&crate::raw::frame(crate::raw::PONG, &said)).await;
    }
    peer.send(Message::Goodbye(Goodbye { details: Dict::new(), reason: reason::CLOSE_REALM.into() })).await;
    let Message::Goodbye(answer) = peer.receive().await else { panic!("no GOODBYE") };
    assert_eq!(answer.reason, reason::GOODBYE_AND_OUT);
    peer.ended().await;
}
