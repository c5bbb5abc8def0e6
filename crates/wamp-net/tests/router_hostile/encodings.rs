//! What each serializer can say and WAMP does not: keys that are no strings, tags, extensions, numbers beyond all bounds,
//! claims of lengths.

use tokio_tungstenite::tungstenite::Bytes;
use wamp_proto::message::Cancel;
use wamp_proto::{Dict, Message, Serializer, Value};

use crate::answers::{goes_on, violated_with};
use crate::memory::{alone, grown, live};
use crate::peers::id;
use crate::stage::Stage;

/// CANCEL, of which the options follow. It is answered by nothing.
fn cancel(serializer: Serializer, options: &[u8]) -> Vec<u8> {
    match serializer {
        Serializer::Json => [b"[49,7,", options, b"]"].concat(),
        Serializer::MsgPack => [b"\x93\x31\x07", options].concat(),
        Serializer::Cbor => [b"\x83\x18\x31\x07", options].concat(),
    }
}

/// In the options: what cannot be in a dictionary, or is no value at all.
fn bad_options(serializer: Serializer) -> &'static [&'static [u8]] {
    match serializer {
        Serializer::Json => &[
            b"{\"a\":1,}",
            b"{a:1}",
            b"{'a':1}",
            b"{1:1}",
            b"{\"a\"}",
            b"{\"a\":01}",
            b"{\"a\":+1}",
            b"{\"a\":.5}",
            b"{\"a\":NaN}",
            b"{\"a\":-Infinity}",
            b"{\"a\":1e999}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\\x41\"}",
            b"{\"a\":\"\n\"}",
            b"{} trailing",
            b"{/* comment */}",
        ],
        Serializer::MsgPack => &[
            b"\x81\x01\x01",
            b"\x81\xc0\x01",
            b"\x81\x90\x01",
            b"\x81\xc4\x01a\x01",
            b"\x81\xa1\xff\x01",
            b"\x81\xa1a\xc1",
            b"\x81\xa1a\xd4\x01\x00",
            b"\x81\xa1a\xc7\x04\xff\0\0\0\0",
            b"\x81\xa1a",
            b"\x82\xa1a\x01",
            b"\x80\x80",
            b"\xdf\xff\xff\xff\xff",
            b"\x81\xa1a\xdd\xff\xff\xff\xff",
            b"\x81\xa1a\xdb\xff\xff\xff\xffx",
            b"\x81\xa1a\xc6\xff\xff\xff\xffx",
        ],
        Serializer::Cbor => &[
            b"\xa1\x01\x01",
            b"\xa1\xf6\x01",
            b"\xa1\x80\x01",
            b"\xa1\x41a\x01",
            b"\xa1\x61\xff\x01",
            b"\xa1\x61a\xf8\x18",
            b"\xa1\x61a\xe0",
            b"\xa1\x61a\x1c",
            b"\xa1\x61a\xff",
            b"\xa1\x61a",
            b"\xa2\x61a\x01",
            b"\xa0\xa0",
            b"\xbf\x61a\x01",
            b"\xbf\x61a\xff",
            b"\xa1\x61a\x7f\x41a\xff",
            b"\xa1\x61a\x7f\x7f\xff\xff",
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xa1\x61a\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\xa1\x61a\x7b\xff\xff\xff\xff\xff\xff\xff\xffx",
        ],
    }
}

/// Unusual, but as it should be.
fn good_options(serializer: Serializer) -> &'static [&'static [u8]] {
    match serializer {
        Serializer::Json => {
            &[b" {\t\"a\" : [ ] }\n", b"{\"a\":\"\\ud83d\\ude00\\u0000\"}", b"{\"a\":1E-400}", b"{\"\":1}"]
        }
        Serializer::MsgPack => &[
            b"\xde\0\x01\xa1a\x01",
            b"\xdf\0\0\0\x01\xd9\x01a\x01",
            b"\x81\xa1a\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x81\xa1a\xcb\x7f\xf8\0\0\0\0\0\0",
            b"\x81\xa0\x01",
        ],
        Serializer::Cbor => &[
            b"\xbf\x61a\x01\xff",
            b"\xa1\x61a\x9f\x01\xff",
            b"\xa1\x61a\x7f\x61a\xff",
            b"\xb9\0\x01\x61a\x01",
            b"\xa1\x61a\xf9\x7e\0",
            b"\xa1\x60\x01",
        ],
    }
}

#[tokio::test]
async fn values_that_are_none() {
    let mut stage = Stage::new().await;
    for way in stage.framings() {
        for options in bad_options(way.serializer) {
            let mut peer = way.join().await;
            let _ = peer.send_bytes(cancel(way.serializer, options)).await;
            violated_with(&mut peer, 1002, &format!("{:?}: {}", way.serializer, options.escape_ascii())).await;
        }
        for options in good_options(way.serializer) {
            let mut peer = way.join().await;
            let _ = peer.send_bytes(cancel(way.serializer, options)).await;
            goes_on(&mut peer, &format!("{:?}: {}", way.serializer, options.escape_ascii())).await;
        }
        stage.clear().await;
    }
    stage.close().await;
}

/// The other serializers' way to say the same.
#[tokio::test]
async fn another_serializer_than_was_agreed_upon() {
    let stage = Stage::new().await;
    for way in stage.serializers() {
        for other in Serializer::ALL.into_iter().filter(|other| *other != way.serializer) {
            let mut peer = way.join().await;
            let message = Message::from(Cancel { request: id(7), options: Dict::new() });
            let _ = peer.send_bytes(other.encode(&message).unwrap()).await;
            violated_with(&mut peer, 1002, &format!("{way:?}: {other:?}")).await;
        }
    }
    stage.close().await;
}

fn crumbs(serializer: Serializer, count: usize) -> Bytes {
    let options = Dict::new().with("a", Value::List(vec![Value::Int(0); count]));
    serializer.try_write_value(&options.into()).unwrap()
}

/// Options of a quarter of a million values are read once, and not kept.
#[tokio::test]
async fn options_of_very_many_values() {
    let _turn = alone().await;
    let mut stage = Stage::alone(|_| {}).await;
    for way in stage.serializers() {
        let before = live();
        let mut peer = way.join().await;
        let options = crumbs(way.serializer, 200_000);
        for _ in 0..2 {
            let _ = peer.send_bytes(cancel(way.serializer, &options)).await;
        }
        goes_on(&mut peer, "after so many values").await;
        let options = crumbs(way.serializer, 300_000);
        let _ = peer.send_bytes(cancel(way.serializer, &options)).await;
        violated_with(&mut peer, 1002, "too many values").await;
        drop((peer, options));
        stage.clear().await;
        assert!(grown(before) < 4 << 20, "{way:?}: {} bytes are left", grown(before));
    }
    stage.close().await;
}
