//! Deep nesting: lists and dictionaries in each other, thousands deep.

use wamp_proto::{Message, Serializer};

use crate::answers::{goes_on, violated_with};
use crate::stage::{Peer, Stage};

/// The opening and the closing of a list and of a dictionary of one member, and what is in the middle.
fn parts(serializer: Serializer) -> [(&'static [u8], &'static [u8], &'static [u8]); 2] {
    match serializer {
        Serializer::Json => [(b"[", b"1", b"]"), (b"{\"a\":", b"1", b"}")],
        Serializer::MsgPack => [(b"\x91", b"\x01", b""), (b"\x81\xa1a", b"\x01", b"")],
        Serializer::Cbor => [(b"\x81", b"\x01", b""), (b"\xa1\x61a", b"\x01", b"")],
    }
}

fn nested(serializer: Serializer, kind: usize, depth: usize) -> Vec<u8> {
    let (open, middle, close) = parts(serializer)[kind];
    [open.repeat(depth), middle.to_vec(), close.repeat(depth)].concat()
}

/// A message of which the last field is given in bytes.
fn message(serializer: Serializer, fields: &str, last: &[u8]) -> Vec<u8> {
    let Ok(fields) = Serializer::Json.read_value(fields.as_bytes()) else { panic!("{fields}") };
    let mut bytes = serializer.try_write_value(&fields).unwrap().to_vec();
    match serializer {
        Serializer::Json => {
            bytes.pop();
            [&bytes, &b","[..], last, b"]"].concat()
        }
        // One more in a short list: its first byte counts.
        Serializer::MsgPack | Serializer::Cbor => {
            bytes[0] += 1;
            [&bytes, last].concat()
        }
    }
}

async fn send(peer: &mut Peer, fields: &str, last: &[u8]) {
    let bytes = message(peer.serializer, fields, last);
    let _ = peer.send_bytes(bytes).await;
}

#[tokio::test]
async fn deep_nesting_in_options() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        for depth in [200, 5000, 200_000] {
            let mut peer = way.join().await;
            send(&mut peer, "[49,7]", &nested(way.serializer, 1, depth)).await;
            violated_with(&mut peer, 1002, &format!("{way:?}: {depth} deep")).await;
        }
        let mut peer = way.join().await;
        send(&mut peer, "[49,7]", &nested(way.serializer, 1, 100)).await;
        goes_on(&mut peer, "not so deep").await;
    }
    stage.close().await;
}

#[tokio::test]
async fn deep_nesting_in_the_first_message() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        for (kind, depth) in [(0, 5000), (1, 5000), (0, 20_000)] {
            let mut peer = way.connect().await;
            send(&mut peer, r#"[1,"realm1"]"#, &nested(way.serializer, kind, depth)).await;
            violated_with(&mut peer, 1002, &format!("{way:?}: {depth} deep")).await;
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn deep_nesting_all_over() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        for kind in [0, 1] {
            let mut peer = way.join().await;
            let _ = peer.send_bytes(nested(way.serializer, kind, 300_000)).await;
            violated_with(&mut peer, 1002, &format!("{way:?}")).await;
        }
    }
    stage.close().await;
}

/// The router does not look into arguments. Who speaks the same serializer gets them as they are; for who does not, they
/// cannot be translated, and the event is dropped.
#[tokio::test]
async fn deep_nesting_in_arguments() {
    let stage = Stage::new().await;
    for way in stage.serializers() {
        let mut readers = Vec::new();
        for other in stage.serializers() {
            let mut reader = other.join().await;
            reader.subscribe("com.deep").await;
            readers.push(reader);
        }
        let mut peer = way.join().await;
        let deep = nested(way.serializer, 0, 5000);
        send(&mut peer, r#"[16,7,{"acknowledge":true},"com.deep"]"#, &deep).await;
        assert!(matches!(peer.receive().await, Message::Published(_)));
        peer.publish("com.deep", vec!["shallow".into()]).await;
        for mut reader in readers {
            let Message::Event(event) = reader.receive().await else { panic!("no event") };
            if reader.serializer == way.serializer {
                assert_eq!(event.payload.args.unwrap(), deep);
                assert!(matches!(reader.receive().await, Message::Event(_)));
            } else {
                assert_eq!(reader.args(&event.payload), ["shallow".into()]);
            }
        }
    }
    stage.close().await;
}
