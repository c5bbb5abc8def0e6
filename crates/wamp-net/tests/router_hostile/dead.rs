//! The dead, who do not answer pings, and those who are refused and do not go.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wamp_net::router::Limits;
use wamp_proto::message::Register;
use wamp_proto::{Dict, Message, reason};

use crate::answers::{aborted, say};
use crate::frames::{bare, framed};
use crate::memory::{alone, grown, live};
use crate::peers::{Line, hello, id, in_time};
use crate::stage::{Peer, Stage, Way};
use crate::witness::Witness;

/// A session with everything that others can notice.
async fn held(way: &Way) -> Peer {
    let mut peer = way.join().await;
    peer.subscribe("hostile.topic").await;
    peer.subscribe_to("hostile..topic", "wildcard").await;
    let options = Dict::new().with("invoke", "roundrobin");
    let register = Register { request: id(1), options, procedure: "hostile.shared".into() };
    peer.send(Message::Register(register)).await;
    assert!(matches!(peer.receive().await, Message::Registered(_)));
    peer
}

/// Says nothing more, or half of something.
async fn silent(way: &Way, last: &[u8]) -> Line {
    let mut line = bare(held(way).await);
    line.write_all(last).await.unwrap();
    line.flush().await.unwrap();
    line
}

/// Reads whatever comes, pings too, and answers nothing.
async fn deaf(way: &Way) {
    let mut line = bare(held(way).await);
    while in_time(line.read(&mut [0; 1000])).await.is_ok_and(|read| read > 0) {}
}

async fn until_only_witnesses_are_left(stage: &mut Stage) {
    in_time(async {
        while stage.router.stats().connections > Witness::PEERS {
            // They have to answer pings, too.
            stage.witness.notices_nothing().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Long enough for the living to answer, though the machine is busy.
#[tokio::test]
async fn dead_peers_are_gone_with_what_they_held() {
    let (ping_interval, ping_timeout) = (Some(Duration::from_millis(100)), Duration::from_secs(1));
    let mut stage = Stage::limited(Limits { ping_interval, ping_timeout, ..Limits::default() }).await;
    let ways = stage.transports();
    let mut lines = Vec::new();
    for way in &ways {
        let whole = framed(way, &hello("realm1", Dict::new()));
        lines.extend([silent(way, b"").await, silent(way, &whole[..whole.len() / 2]).await]);
        stage.witness.notices_nothing().await;
    }
    let deaf = join_all(ways.iter().map(deaf));
    tokio::join!(deaf, until_only_witnesses_are_left(&mut stage));
    stage.clear().await;
    drop(lines);
    stage.close().await;
}

/// Nobody waits for their answer longer than they were told.
#[tokio::test]
async fn the_refused_who_do_not_go() {
    let limits = Limits { close_timeout: Duration::from_secs(1), ..Limits::default() };
    let mut stage = Stage::limited(limits).await;
    let mut staying = Vec::new();
    for way in stage.transports() {
        let mut peer = way.connect().await;
        say(&mut peer, r#"[1,"no.such.realm",{"roles":{"caller":{}}}]"#).await;
        staying.push(peer);
    }
    stage.clear().await;
    drop(staying);
    stage.close().await;
}

/// Until their connection is closed they can say no more at once than before they were refused.
#[tokio::test]
async fn the_refused_who_go_on() {
    let _turn = alone().await;
    let mut stage = Stage::alone(|config| config.limits.close_timeout = Duration::from_secs(60)).await;
    for way in stage.transports() {
        let before = live();
        let mut peer = way.connect().await;
        say(&mut peer, r#"[1,"no.such.realm",{"roles":{"caller":{}}}]"#).await;
        // On a RawSocket the end of the router's direction follows, and on a WebSocket its closing frame.
        aborted(&mut peer, reason::NO_SUCH_REALM, "refused").await;
        let mut line = bare(peer);
        let first = if way.serializer.is_binary() { 0x82 } else { 0x81 };
        let (small, claim) = match way.is_websocket() {
            true => (vec![first, 0x80, 0, 0, 0, 0], vec![first, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]),
            false => (vec![0, 0, 0, 0], vec![0, 1, 0, 1]),
        };
        let _ = in_time(line.write_all(&small.repeat(1000))).await;
        let _ = in_time(line.write_all(&claim)).await;
        let _ = in_time(line.flush()).await;
        // It is closed now, long before the router would have given up waiting.
        until_only_witnesses_are_left(&mut stage).await;
        assert!(grown(before) < 256 << 10, "{way:?}: {} bytes", grown(before));
        stage.clear().await;
    }
    stage.close().await;
}
