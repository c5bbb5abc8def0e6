//! What the router answers to those who break the rules.

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message as Frame;
use wamp_proto::{Message, Value, reason};

use crate::peers::{Either, Wire, in_time};
use crate::stage::Peer;

/// The end of the connection, with the closing code where there is one; nothing comes before it.
pub(crate) async fn end(peer: &mut Peer) -> Option<u16> {
    match &mut peer.wire {
        Either::Raw(raw) => {
            assert_eq!(raw.read().await, None, "the end");
            None
        }
        Either::Web(web) => match in_time(web.next()).await {
            Some(Ok(Frame::Close(frame))) => frame.map(|frame| frame.code.into()),
            None | Some(Err(_)) => None,
            Some(Ok(other)) => panic!("not the end: {other:?}"),
        },
    }
}

/// ABORT for that reason is the next that comes, and the last.
pub(crate) async fn aborted(peer: &mut Peer, reason: &str, what: &str) -> Option<u16> {
    match peer.try_receive().await {
        Some(Message::Abort(abort)) => assert_eq!(abort.reason, reason, "{what}: {abort:?}"),
        other => panic!("{what}: {other:?}"),
    }
    end(peer).await
}

pub(crate) async fn violated(peer: &mut Peer, what: &str) -> Option<u16> {
    aborted(peer, reason::PROTOCOL_VIOLATION, what).await
}

/// The same, with that closing code where the connection is a WebSocket.
pub(crate) async fn violated_with(peer: &mut Peer, code: u16, what: &str) {
    let is_websocket = matches!(peer.wire, Either::Web(_));
    assert_eq!(violated(peer, what).await, is_websocket.then_some(code), "{what}");
}

/// ERROR for that reason is the next that comes.
pub(crate) async fn refused(peer: &mut Peer, reason: &str, what: &str) {
    match peer.try_receive().await {
        Some(Message::Error(error)) => assert_eq!(error.error, reason, "{what}: {error:?}"),
        other => panic!("{what}: {other:?}"),
    }
}

/// A message as JSON says it, in the peer's own serializer.
pub(crate) async fn say(peer: &mut Peer, json: &str) {
    say_value(peer, &value(json)).await;
}

pub(crate) async fn say_value(peer: &mut Peer, message: &Value) {
    let bytes = peer.serializer.try_write_value(message).unwrap();
    // Who is closed meanwhile finds the reason among what has come.
    let _ = peer.send_bytes(bytes).await;
}

pub(crate) fn value(json: &str) -> Value {
    wamp_proto::Serializer::Json.read_value(json.as_bytes()).unwrap()
}

/// It has a session like any other.
pub(crate) async fn goes_on(peer: &mut Peer, what: &str) {
    say(peer, r#"[32,99,{},"com.any"]"#).await;
    loop {
        match peer.try_receive().await {
            Some(Message::Subscribed(subscribed)) if subscribed.request.get() == 99 => return,
            Some(Message::Abort(abort)) => panic!("{what}: {abort:?}"),
            Some(_) => {}
            None => panic!("{what}: the connection has ended"),
        }
    }
}
