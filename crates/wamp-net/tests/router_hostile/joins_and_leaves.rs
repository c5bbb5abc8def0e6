//! Ten thousand joins and leaves, in every manner of leaving.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use wamp_proto::Message;

use crate::answers::{end, say, violated};
use crate::memory::{alone, grown, live};
use crate::peers::{Either, in_time};
use crate::stage::{Peer, Stage, Way};

/// Sessions that come and go at the same time.
const AT_ONCE: usize = 20;

/// Everything that a session can leave behind: subscriptions, registrations, calls as caller and as callee, a testament.
async fn make_traces(peer: &mut Peer, number: usize) {
    let requests = [
        format!(r#"[32,1,{{}},"hostile.n{number}"]"#),
        format!(r#"[32,2,{{"match":"prefix"}},"hostile.n{number}."]"#),
        format!(r#"[32,3,{{"match":"wildcard"}},"hostile..n{number}"]"#),
        format!(r#"[64,4,{{}},"hostile.n{number}"]"#),
        r#"[48,5,{},"wamp.session.add_testament",["hostile.testament",["gone"],{}]]"#.to_owned(),
        format!(r#"[48,6,{{}},"hostile.n{number}",["text","text","text"]]"#),
    ];
    for request in requests {
        say(peer, &request).await;
    }
    while !matches!(peer.receive().await, Message::Invocation(_)) {}
}

async fn come_and_go(way: &Way, number: usize) {
    let mut peer = way.join().await;
    if number.is_multiple_of(4) {
        make_traces(&mut peer, number).await;
    }
    match number % 5 {
        // Just gone.
        0 => drop(peer),
        1 => {
            say(&mut peer, r#"[6,{},"wamp.close.close_realm"]"#).await;
            while !matches!(peer.receive().await, Message::Goodbye(_)) {}
            end(&mut peer).await;
        }
        2 => {
            say(&mut peer, r#"[3,{},"wamp.error.abort"]"#).await;
            end(&mut peer).await;
        }
        3 => {
            say(&mut peer, "[4711]").await;
            violated(&mut peer, "an unknown code").await;
        }
        // With half a message under way.
        _ => match &mut peer.wire {
            Either::Raw(raw) => {
                in_time(tokio::io::AsyncWriteExt::write_all(&mut raw.line, &[0, 0, 1, 0, 1])).await.unwrap();
            }
            Either::Web(web) => in_time(web.close(None)).await.unwrap(),
        },
    }
}

/// Handshakes of WebSocket and TLS take their time, and have no part in a session's traces: some have them.
fn way<'a>(ways: &'a [Way], number: usize) -> &'a Way {
    let among = |schemes: &[&str]| -> Vec<&'a Way> {
        ways.iter().filter(|way| schemes.iter().any(|scheme| way.url.starts_with(scheme))).collect()
    };
    let group = match number / 5 % 50 {
        0 => among(&["tls:", "wss:"]),
        1..10 => among(&["ws:", "ws+unix:"]),
        _ => among(&["tcp:", "unix:", "local:"]),
    };
    group[number % group.len()]
}

async fn crowd(stage: &mut Stage, sessions: Range<usize>) {
    let ways = stage.ways();
    let next = AtomicUsize::new(sessions.start);
    let worker = async || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= sessions.end {
                return;
            }
            come_and_go(way(&ways, number), number).await;
        }
    };
    join_all((0..AT_ONCE).map(|_| worker())).await;
    stage.clear().await;
}

/// What is allocated grows with the sessions that there are, not with those that there were: less than 20 bytes each.
#[tokio::test]
async fn ten_thousand_joins_and_leaves() {
    let _turn = alone().await;
    let mut stage = Stage::alone(|_| {}).await;
    crowd(&mut stage, 0..1000).await;
    let before = live();
    for start in (1000..11_000).step_by(1000) {
        crowd(&mut stage, start..start + 1000).await;
    }
    assert!(grown(before) < 200_000, "{} bytes are left", grown(before));
    stage.close().await;
}
