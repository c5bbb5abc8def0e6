//! Those who stop reading.

use wamp_net::router::Limits;
use wamp_proto::{Dict, Message, Value};

use crate::answers::{goes_on, say};
use crate::floods::until_held_back;
use crate::frames::{bare, framed};
use crate::memory::{alone, grown, live};
use crate::stage::{Peer, Stage};

/// What may wait for one session.
const QUEUE: usize = 256 << 10;

/// How many events of 64 KiB.
const PUBLISHED: u64 = 130;

async fn stage() -> Stage {
    Stage::alone(|config| config.limits = Limits { max_queued_bytes: QUEUE, ..Limits::default() }).await
}

/// Reads what has waited for it, and hears how many events it has lost; together these are all of them.
async fn wakes_up(sleeper: &mut Peer, published: u64) -> u64 {
    let (mut read, mut lost) = (0, 0);
    while read + lost < published {
        let Message::Event(event) = sleeper.receive().await else { panic!("no event") };
        read += 1;
        lost += event.details.get("_dropped").and_then(Value::as_u64).unwrap_or(0);
    }
    assert!(lost > 0 && read + lost == published, "{read} events, and {lost} lost");
    lost
}

/// One on each transport; 8 MB are published, of which every queue takes what it may and no more.
#[tokio::test]
async fn a_subscriber_that_stops_reading() {
    let _turn = alone().await;
    let mut stage = stage().await;
    let mut sleepers: Vec<Peer> = Vec::new();
    for way in stage.transports() {
        let mut sleeper = way.join().await;
        sleeper.subscribe("hostile.topic").await;
        sleepers.push(sleeper);
    }
    let mut publisher = stage.ways()[0].join().await;
    let filler = "x".repeat(64 << 10);
    let (before, mut most) = (live(), 0);
    for _ in 0..PUBLISHED {
        publisher.publish("hostile.topic", vec![filler.as_str().into()]).await;
        most = most.max(grown(before));
        stage.witness.notices_nothing().await;
    }
    let bound = sleepers.len() * QUEUE + (8 << 20);
    assert!(most < bound, "{most} bytes for {} queues", sleepers.len());
    drop(publisher);
    // Who reads again is a session like any other.
    let mut lost = 0;
    for mut sleeper in sleepers {
        lost += wakes_up(&mut sleeper, PUBLISHED).await;
        goes_on(&mut sleeper, "awake").await;
    }
    assert_eq!(lost, stage.router.stats().dropped_events);
    stage.clear().await;
    assert!(grown(before) < 2 << 20, "{} bytes are left", grown(before));
    stage.close().await;
}

/// Answers are not dropped: who does not read them is not listened to any more.
#[tokio::test]
async fn who_asks_and_stops_reading() {
    let _turn = alone().await;
    let mut stage = stage().await;
    for way in stage.transports() {
        let before = live();
        let peer = way.join().await;
        let call = framed(&way, &peer.call(1, "hostile.nobody", Dict::new(), vec![]));
        let mut line = bare(peer);
        until_held_back(&mut line, &call).await;
        stage.witness.notices_nothing().await;
        assert!(grown(before) < QUEUE + (2 << 20), "{way:?}: {} bytes", grown(before));
        drop(line);
        stage.clear().await;
    }
    stage.close().await;
}

/// A callee that does not read holds up neither the others nor those who call others.
#[tokio::test]
async fn a_callee_that_stops_reading() {
    let _turn = alone().await;
    let mut stage = stage().await;
    for way in stage.transports() {
        let before = live();
        let mut callee = way.join().await;
        callee.register("hostile.sleeper").await;
        let mut caller = stage.ways()[0].join().await;
        let filler = "x".repeat(64 << 10);
        let refused = stage.router.stats().refused_invocations;
        let mut n = 0;
        while stage.router.stats().refused_invocations == refused {
            n += 1;
            let call = caller.call(n, "hostile.sleeper", Dict::new(), vec![filler.as_str().into()]);
            caller.send(call).await;
            assert!(n < 1000, "its queue has no end");
        }
        goes_on(&mut caller, "after its calls").await;
        stage.witness.notices_nothing().await;
        // The arguments wait in the queue, and once more for the case that another callee has to be found.
        assert!(grown(before) < 4 * QUEUE + (8 << 20), "{way:?}: {} bytes", grown(before));
        drop((callee, caller));
        stage.clear().await;
    }
    stage.close().await;
}

/// Even the answer to HELLO may stay unread.
#[tokio::test]
async fn who_never_reads_anything() {
    let _turn = alone().await;
    let mut stage = stage().await;
    for way in stage.transports() {
        let mut peer = way.connect().await;
        say(&mut peer, r#"[1,"realm1",{"roles":{"subscriber":{}}}]"#).await;
        say(&mut peer, r#"[32,1,{},"witness.topic"]"#).await;
        stage.witness.notices_nothing().await;
        drop(peer);
        stage.clear().await;
    }
    stage.close().await;
}
