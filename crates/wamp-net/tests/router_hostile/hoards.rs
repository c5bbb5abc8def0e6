//! What one message makes the router keep: the first one, and one that never ends.

use tokio::io::AsyncWriteExt;
use wamp_proto::{Message, reason};

use crate::answers::{aborted, say};
use crate::frames::bare;
use crate::memory::{alone, grown, live};
use crate::stage::{Peer, Stage};

/// Sessions that hoard at the same time.
const SESSIONS: usize = 20;

/// What HELLO may say beside its roles: long texts, or as many values as there may be. Both sides and all their
/// copies together take a few times what a frame may have, whatever it was made of.
const MOST: usize = 256 << 10;

fn hello(realm: &str, more: &str) -> String {
    format!(r#"[1,"{realm}",{{"roles":{{"caller":{{}},"subscriber":{{}}}},{more}}}]"#)
}

/// A list of small values.
fn crumbs(count: usize) -> String {
    format!("[{}0]", "0,".repeat(count))
}

#[tokio::test]
async fn hello_with_much_in_it() {
    let _turn = alone().await;
    let mut stage = Stage::alone(|_| {}).await;
    let text = "x".repeat(50_000);
    let hoards = [
        hello("realm1", &format!(r#""x_custom":{}"#, crumbs(1900))),
        hello("realm1", &format!(r#""authextra":{{"a":{}}}"#, crumbs(1900))),
        hello("realm1", &format!(r#""agent":"{text}""#)),
        hello("guarded", &format!(r#""authmethods":["wampcra"],"authid":"joe","x_custom":{}"#, crumbs(1900))),
        hello("guarded", &format!(r#""authmethods":["wampcra"],"authid":"{text}""#)),
    ];
    for way in stage.serializers() {
        for hello in &hoards {
            let before = live();
            let mut peers: Vec<Peer> = Vec::new();
            for _ in 0..SESSIONS {
                let mut peer = way.connect().await;
                say(&mut peer, hello).await;
                assert!(matches!(peer.receive().await, Message::Welcome(_) | Message::Challenge(_)));
                peers.push(peer);
            }
            let each = grown(before) / SESSIONS;
            assert!(each < MOST, "{way:?}: {each} bytes for {}", &hello[..100]);
            drop(peers);
            stage.clear().await;
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn hello_with_too_much_in_it() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        let mut peer = way.connect().await;
        say(&mut peer, &hello("realm1", &format!(r#""x_custom":{}"#, crumbs(20_000)))).await;
        aborted(&mut peer, reason::PAYLOAD_SIZE_EXCEEDED, "crumbs").await;
    }
    stage.close().await;
}

/// Room is made in steps, of which the system gives what is written to, and not for what a header says.
#[tokio::test]
async fn claims_of_large_messages() {
    const CLAIM: u32 = (16 << 20) - 1;
    let _turn = alone().await;
    let mut stage = Stage::alone(|_| {}).await;
    for way in stage.transports() {
        let before = live();
        let mut lines = Vec::new();
        for _ in 0..SESSIONS {
            let mut line = bare(way.join().await);
            let first = if way.serializer.is_binary() { 0x82 } else { 0x81 };
            let header = match way.is_websocket() {
                true => [&[first, 0xff, 0, 0, 0, 0], &CLAIM.to_be_bytes()[..], &[0; 4]].concat(),
                false => CLAIM.to_be_bytes().to_vec(),
            };
            line.write_all(&[&header, &[b' '; 50_000][..]].concat()).await.unwrap();
            line.flush().await.unwrap();
            lines.push(line);
        }
        stage.witness.notices_nothing().await;
        let each = grown(before) / SESSIONS;
        assert!(each < 5 << 18, "{way:?}: {each} bytes");
        drop(lines);
        stage.clear().await;
    }
    stage.close().await;
}
