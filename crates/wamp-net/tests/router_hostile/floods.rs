//! Floods: of connections, of pings, of requests, and of what the router would have to remember.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use wamp_net::router::{Limits, RealmConfig};
use wamp_proto::{Message, reason};

use crate::answers::{goes_on, refused, say};
use crate::frames::{bare, opening};
use crate::memory::{alone, grown, live};
use crate::peers::{Line, PING, frame, line};
use crate::stage::{Stage, Way};

/// More than the system takes on the way; who can write so much is not held back.
const TOO_MUCH: usize = 256 << 20;

/// Nothing was taken for so long: the router does not read any more.
const STUCK: Duration = Duration::from_millis(100);

/// Writes the same again and again, without reading, until the router takes no more.
pub(crate) async fn until_held_back(line: &mut Line, bytes: &[u8]) {
    let batch = bytes.repeat((64 << 10) / bytes.len());
    for _ in 0..TOO_MUCH / batch.len() {
        let writing = async {
            line.write_all(&batch).await.unwrap();
            line.flush().await.unwrap();
        };
        if tokio::time::timeout(STUCK, writing).await.is_err() {
            return;
        }
    }
    panic!("it was never held back");
}

fn ping(way: &Way) -> Vec<u8> {
    match way.is_websocket() {
        true => [&[0x89, 0x80 + 100, 0, 0, 0, 0][..], &[7; 100]].concat(),
        false => frame(PING, &[7; 100]),
    }
}

#[tokio::test]
async fn floods_of_pings() {
    let _turn = alone().await;
    let mut stage = Stage::alone(|_| {}).await;
    for (way, joined) in stage.transports().into_iter().flat_map(|way| [(way.clone(), true), (way, false)]) {
        let before = live();
        let mut line = bare(if joined { way.join().await } else { way.connect().await });
        until_held_back(&mut line, &ping(&way)).await;
        stage.witness.notices_nothing().await;
        assert!(grown(before) < 1 << 20, "{way:?}: {} bytes", grown(before));
        drop(line);
        stage.clear().await;
    }
    stage.close().await;
}

/// Half of them say nothing at all, the others half of what they should.
#[tokio::test]
async fn floods_of_connections() {
    const CONNECTIONS: usize = 60;
    let limits = Limits { join_timeout: Duration::from_secs(1), ..Limits::default() };
    let mut stage = Stage::limited(limits).await;
    let ways = stage.transports();
    let opened = (0..CONNECTIONS).map(|n| {
        let way = ways[n % ways.len()].clone();
        async move {
            let mut line = line(&way.url).await;
            if n % 2 == 0 {
                let opening = opening(&way);
                line.write_all(&opening[..opening.len() / 2]).await.unwrap();
                line.flush().await.unwrap();
            }
            line
        }
    });
    let opened = join_all(opened).await;
    stage.witness.notices_nothing().await;
    // They are gone though they stay.
    stage.clear().await;
    drop(opened);
    stage.close().await;
}

/// What a session can make the router remember has its limits, on the wire as in `realm_limits`.
#[tokio::test]
async fn floods_of_requests_to_remember() {
    let small = wamp_proto::router::Limits {
        subscriptions: 20,
        registrations: 20,
        open_calls: 20,
        testaments: 20,
        ..Default::default()
    };
    let stage = Stage::with(|config| {
        let realm1 = &mut config.realms[0];
        *realm1 = RealmConfig { limits: small, ..realm1.clone() };
    })
    .await;
    let floods = [
        (r#"[32,$,{},"hostile.n$"]"#, 20),
        (r#"[64,$,{},"hostile.n$"]"#, 20),
        (r#"[48,$,{},"hostile.n1001"]"#, 20),
        (r#"[48,$,{},"wamp.session.add_testament",["hostile.topic",[],{}]]"#, 20),
    ];
    for way in stage.transports() {
        let mut peer = way.join().await;
        for (kind, (request, limit)) in floods.into_iter().enumerate() {
            for n in 1..=limit + 100 {
                say(&mut peer, &request.replace('$', &(1000 * kind + n).to_string())).await;
                if n <= limit {
                    let answer = peer.receive().await;
                    assert!(!matches!(answer, Message::Error(_) | Message::Abort(_)), "{request} {n}: {answer:?}");
                } else {
                    refused(&mut peer, reason::NOT_AUTHORIZED, request).await;
                }
            }
        }
    }
    stage.close().await;
}

/// Requests that cost the router most per byte, one behind the other; it goes on serving everybody.
#[tokio::test]
async fn floods_of_requests() {
    let mut stage = Stage::new().await;
    let requests = [
        r#"[16,7,{},"hostile.topic"]"#,
        r#"[32,7,{"match":"wildcard"},"..."]"#,
        r#"[48,7,{},"wamp.session.list"]"#,
        r#"[48,7,{},"wamp.registration.list"]"#,
        r#"[34,7,12345]"#,
        r#"[49,7,{"mode":"kill"}]"#,
    ];
    for way in stage.transports() {
        let mut peer = way.join().await;
        for request in requests {
            for _ in 0..50 {
                say(&mut peer, request).await;
            }
            stage.witness.notices_nothing().await;
        }
        goes_on(&mut peer, "its flood").await;
    }
    stage.close().await;
}

/// A message in fragments that never ends, some of them empty; it is no message, so no limit but that of its size ends it.
#[tokio::test]
async fn floods_of_fragments() {
    let mut stage = Stage::new().await;
    for way in stage.transports().into_iter().filter(Way::is_websocket) {
        for joined in [true, false] {
            let mut line = bare(if joined { way.join().await } else { way.connect().await });
            let first = if way.serializer.is_binary() { 0x02 } else { 0x01 };
            line.write_all(&[first, 0x80, 0, 0, 0, 0]).await.unwrap();
            for _ in 0..20 {
                line.write_all(&[0x00, 0x80, 0, 0, 0, 0].repeat(5000)).await.unwrap();
                line.flush().await.unwrap();
                stage.witness.notices_nothing().await;
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}
