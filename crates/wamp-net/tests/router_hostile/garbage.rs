//! Garbage: bytes that are no handshake, frames that are none, and good frames with no message in them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message as Frame;
use wamp_proto::{Message, Serializer, reason};

use crate::answers::{end, say, violated};
use crate::frames::bare;
use crate::noise::Noise;
use crate::peers::{Either, Line, in_time, line};
use crate::stage::{Stage, Way};

/// Everything that the router says until it ends the connection.
async fn rest(line: &mut Line) -> Vec<u8> {
    let mut all = Vec::new();
    // With an end or a reset.
    let _ = in_time(line.read_to_end(&mut all)).await;
    all
}

#[tokio::test]
async fn garbage_instead_of_a_handshake() {
    let mut stage = Stage::new().await;
    let mut noise = Noise::new(1);
    for way in stage.transports() {
        for length in [1, 3, 4, 5, 100, 5000, 100_000] {
            let mut line = line(&way.url).await;
            let mut garbage = noise.bytes(length);
            // The first octet of a RawSocket, and HTTP's first letters, are for other tests.
            garbage[0] = 0xee;
            let _ = in_time(line.write_all(&garbage)).await;
            let _ = in_time(line.shutdown()).await;
            let answer = rest(&mut line).await;
            let answer = String::from_utf8_lossy(&answer);
            let told = answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 431 ");
            assert!(answer.is_empty() || (way.is_websocket() && told), "{way:?}: {length} bytes: {answer}");
        }
        stage.clear().await;
    }
    stage.close().await;
}

/// Bytes of which no serializer makes a list.
fn nonsense(noise: &mut Noise, serializer: Serializer, length: usize) -> Vec<u8> {
    match serializer {
        Serializer::Json => noise.letters(length),
        Serializer::MsgPack | Serializer::Cbor => [&[0xff], &noise.bytes(length)[..]].concat(),
    }
}

#[tokio::test]
async fn garbage_in_good_frames() {
    let mut stage = Stage::new().await;
    let mut noise = Noise::new(2);
    for way in stage.ways() {
        for (length, joined) in [(1, true), (2, false), (20, true), (20, false), (300, true), (60_000, false)] {
            let mut peer = if joined { way.join().await } else { way.connect().await };
            let _ = peer.send_bytes(nonsense(&mut noise, way.serializer, length)).await;
            let code = violated(&mut peer, &format!("{way:?}: {length} bytes")).await;
            assert_eq!(code, way.is_websocket().then_some(1002));
        }
        stage.witness.notices_nothing().await;
    }
    stage.clear().await;
    stage.close().await;
}

/// A good message with one byte that is another: whatever it means then, the others do not notice it.
#[tokio::test]
async fn garbage_in_one_byte() {
    let mut stage = Stage::new().await;
    let mut noise = Noise::new(3);
    for way in stage.serializers() {
        for _ in 0..300 {
            let mut peer = way.join().await;
            let message = peer.publication(7, "hostile.topic", vec!["text".into(), 7.into(), true.into()]);
            let mut bytes = way.serializer.encode(&message).unwrap().to_vec();
            let at = noise.below(bytes.len());
            bytes[at] = noise.below(256) as u8;
            let _ = peer.send_bytes(bytes.clone()).await;
            say(&mut peer, r#"[32,99,{},"com.any"]"#).await;
            // It goes on, unless it is aborted or has said that it goes.
            while let Some(answer) = peer.try_receive().await {
                match answer {
                    Message::Subscribed(_) | Message::Goodbye(_) => break,
                    Message::Abort(abort) => assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION, "{bytes:?}"),
                    Message::Error(error) => assert_eq!(error.error, reason::INVALID_URI, "{bytes:?}"),
                    other => assert!(matches!(other, Message::Published(_)), "{bytes:?}: {other:?}"),
                }
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}

/// A masked frame whose first byte is given; the key is 0.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        length @ 0..126 => vec![0x80 | length as u8],
        length => [&[0xfe], &(length as u16).to_be_bytes()[..]].concat(),
    };
    [&[first], &length[..], &[0; 4], payload].concat()
}

/// What no client may send, and the code that it is closed with (RFC 6455, section 7.4.1).
fn broken_frames() -> Vec<(&'static str, Vec<u8>, u16)> {
    vec![
        ("no mask", vec![0x81, 2, b'[', b']'], 1002),
        ("reserved bit 1", frame(0xc1, b"[]"), 1002),
        ("reserved bit 2", frame(0xa1, b"[]"), 1002),
        ("reserved bit 3", frame(0x91, b"[]"), 1002),
        ("a data frame of no kind", frame(0x83, b"[]"), 1002),
        ("a control frame of no kind", frame(0x8b, b""), 1002),
        ("a ping in fragments", frame(0x09, b""), 1002),
        ("a ping of 126 bytes", frame(0x89, &[0; 126]), 1002),
        ("a closing frame of 126 bytes", frame(0x88, &[0; 126]), 1002),
        ("a continuation of nothing", frame(0x80, b"[]"), 1002),
        ("a message within a message", [frame(0x01, b"["), frame(0x81, b"[]")].concat(), 1002),
        ("half a closing code", frame(0x88, &[3]), 1002),
        ("a closing code of nobody's", frame(0x88, &999u16.to_be_bytes()), 1002),
        ("a closing code that is not sent", frame(0x88, &1006u16.to_be_bytes()), 1002),
        ("a closing reason that is not UTF-8", frame(0x88, b"\x03\xe8\xff"), 1007),
        ("text that is not UTF-8", frame(0x81, b"[\"\xff\"]"), 1007),
        ("text of half a character", frame(0x81, b"[\"\xc3\"]"), 1007),
        ("a length of 2^63", vec![0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009),
        ("a length beyond the limit", vec![0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0], 1009),
    ]
}

#[tokio::test]
async fn garbage_instead_of_websocket_frames() {
    let mut stage = Stage::new().await;
    let ways: Vec<Way> = stage.ways().into_iter().filter(Way::is_websocket).collect();
    for way in ways.into_iter().filter(|way| way.serializer == Serializer::Json) {
        for (what, bytes, code) in broken_frames() {
            let mut line = bare(way.join().await);
            line.write_all(&bytes).await.unwrap();
            let answer = rest(&mut line).await;
            // A closing frame and nothing else: no message could follow a broken one.
            assert_eq!((answer[0], &answer[2..4]), (0x88, &code.to_be_bytes()[..]), "{way:?}: {what}");
            assert_eq!(answer.len(), 2 + usize::from(answer[1]), "{what}");
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn the_other_kind_of_websocket_message() {
    let stage = Stage::new().await;
    for way in stage.ways().into_iter().filter(Way::is_websocket) {
        let mut peer = way.join().await;
        let bytes = b"[32,7,{},\"com.topic\"]";
        let frame = match way.serializer.is_binary() {
            true => Frame::text(std::str::from_utf8(bytes).unwrap()),
            false => Frame::binary(bytes.to_vec()),
        };
        let Either::Web(web) = &mut peer.wire else { panic!("no WebSocket") };
        in_time(futures_util::SinkExt::send(&mut **web, frame)).await.unwrap();
        assert_eq!(end(&mut peer).await, Some(1003), "{way:?}");
    }
    stage.close().await;
}

#[tokio::test]
async fn garbage_instead_of_rawsocket_frames() {
    let mut stage = Stage::new().await;
    for way in stage.ways().into_iter().filter(|way| !way.is_websocket()) {
        let broken: [&[u8]; 6] =
            [&[0x80, 0, 0, 0], &[0x10, 0, 0, 1, b'x'], &[3, 0, 0, 1, b'x'], &[7, 0, 0, 0], &[8, 0, 0, 1], &[0; 4]];
        for bytes in broken {
            let mut peer = way.join().await;
            let Either::Raw(raw) = &mut peer.wire else { panic!("no RawSocket") };
            raw.line.write_all(bytes).await.unwrap();
            violated(&mut peer, &format!("{way:?}: {bytes:?}")).await;
        }
        stage.witness.notices_nothing().await;
    }
    stage.clear().await;
    stage.close().await;
}

/// "RawSocket Transport": 1 for a serializer, 3 for reserved bits; what is no RawSocket gets no answer.
#[tokio::test]
async fn each_error_of_the_rawsocket_handshake() {
    let stage = Stage::new().await;
    let cases: [(&[u8; 4], &[u8]); 7] = [
        (&[0x7f, 0xf0, 0, 0], &[0x7f, 0x10, 0, 0]),
        (&[0x7f, 0xf4, 0, 0], &[0x7f, 0x10, 0, 0]),
        (&[0x7f, 0xff, 0, 0], &[0x7f, 0x10, 0, 0]),
        (&[0x7f, 0xf1, 1, 0], &[0x7f, 0x30, 0, 0]),
        (&[0x7f, 0xf1, 0, 1], &[0x7f, 0x30, 0, 0]),
        (&[0x7e, 0xf1, 0, 0], b""),
        (b"GET ", b""),
    ];
    for way in stage.transports().into_iter().filter(|way| !way.is_websocket()) {
        for (octets, answer) in cases {
            let mut line = line(&way.url).await;
            line.write_all(octets).await.unwrap();
            let _ = line.shutdown().await;
            assert_eq!(rest(&mut line).await, answer, "{way:?}: {octets:?}");
        }
    }
    stage.close().await;
}
