//! Slow bytes: who says a little from time to time does not stay for ever.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::Limits;

use crate::frames::opening;
use crate::peers::{in_time, line};
use crate::stage::{Stage, Way};

/// Says its opening in single bytes, with so much time between them that it cannot be done in time.
async fn drips(way: &Way) {
    let opening = opening(way);
    let (mut reader, mut writer) = tokio::io::split(line(&way.url).await);
    let dripping = async {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        for byte in opening[..opening.len() - 1].chunks(1).cycle() {
            pause.tick().await;
            if writer.write_all(byte).await.is_err() {
                break;
            }
        }
    };
    let mut heard = Vec::new();
    tokio::select! {
        () = dripping => {}
        _ = in_time(reader.read_to_end(&mut heard)) => {}
    }
    let heard = String::from_utf8_lossy(&heard);
    assert!(!heard.contains("101"), "{way:?}: {heard}");
}

#[tokio::test]
async fn slow_bytes() {
    let limits = Limits { join_timeout: Duration::from_secs(1), ..Limits::default() };
    let mut stage = Stage::limited(limits).await;
    let ways = stage.ways();
    join_all(ways.iter().map(drips)).await;
    stage.clear().await;
    stage.close().await;
}

/// Nor does it help to be quick at first: the time is one for everything until the session is open.
#[tokio::test]
async fn slow_after_the_handshake() {
    let limits = Limits { join_timeout: Duration::from_secs(1), ..Limits::default() };
    let mut stage = Stage::limited(limits).await;
    let ways = stage.ways();
    let waiting = ways.iter().map(|way| async move {
        let mut peer = way.connect().await;
        assert!(peer.try_receive().await.is_none(), "{way:?}");
    });
    join_all(waiting).await;
    stage.clear().await;
    stage.close().await;
}
