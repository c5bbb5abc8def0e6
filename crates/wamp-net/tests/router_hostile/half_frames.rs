//! Half frames: everything that a client says, cut off anywhere, on each transport.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_proto::{Dict, Message, Value};

use crate::frames::{bare, framed, opening};
use crate::peers::{Line, in_time, line};
use crate::stage::{Stage, Way};

/// Ends the connection, and waits until the router has ended it, too.
async fn end(mut line: Line) {
    let _ = in_time(line.shutdown()).await;
    let _ = in_time(line.read_to_end(&mut Vec::new())).await;
}

#[tokio::test]
async fn half_frames_before_the_session() {
    let mut stage = Stage::new().await;
    for way in stage.transports() {
        let opening = opening(&way);
        let step = if way.url.contains("s:") { 29 } else { 7 };
        for cut in (0..opening.len()).step_by(step) {
            let mut line = line(&way.url).await;
            line.write_all(&opening[..cut]).await.unwrap();
            end(line).await;
        }
        stage.clear().await;
    }
    stage.close().await;
}

/// Published to honest subscribers, if it were whole.
fn publication(way: &Way) -> Vec<u8> {
    let serializer = way.serializer;
    let publication = wamp_proto::message::Publish {
        request: crate::peers::id(7),
        options: Dict::new().with("acknowledge", true),
        topic: "witness.topic".into(),
        payload: wamp_proto::Payload::from_values(serializer, Some(vec![Value::from("forged")]), None),
    };
    framed(way, &Message::Publish(publication))
}

#[tokio::test]
async fn half_frames_in_the_session() {
    let mut stage = Stage::new().await;
    for way in stage.transports() {
        let publication = publication(&way);
        for cut in 0..publication.len() {
            let mut line = bare(way.join().await);
            line.write_all(&publication[..cut]).await.unwrap();
            end(line).await;
        }
        stage.clear().await;
    }
    assert_eq!(stage.router.stats().protocol_errors, 0);
    stage.close().await;
}

/// As long as nothing is missing, it does not matter how it comes.
#[tokio::test]
async fn frames_in_single_bytes() {
    let stage = Stage::new().await;
    for way in stage.ways() {
        let mut line = line(&way.url).await;
        for byte in opening(&way).chunks(1) {
            line.write_all(byte).await.unwrap();
            line.flush().await.unwrap();
        }
        let mut welcome = [0; 4];
        assert!(in_time(line.read_exact(&mut welcome)).await.is_ok(), "{way:?}");
        assert!(if way.is_websocket() { &welcome == b"HTTP" } else { welcome[0] == 0x7f });
        in_time(async {
            while stage.router.stats().sessions == crate::witness::Witness::PEERS {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await;
        end(line).await;
        in_time(async {
            while stage.router.stats().sessions > crate::witness::Witness::PEERS {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await;
    }
    stage.close().await;
}
