//! Messages after the last one.

use tokio::io::AsyncWriteExt;
use wamp_proto::{Message, reason};

use crate::answers::{end, say, value, violated};
use crate::frames::{framed, framed_bytes};
use crate::peers::Either;
use crate::stage::Stage;

const GOODBYE: &str = r#"[6,{},"wamp.close.close_realm"]"#;

/// They are not heard any more, as long as they are messages.
#[tokio::test]
async fn messages_after_goodbye() {
    let mut stage = Stage::new().await;
    let more = [GOODBYE, r#"[32,7,{},"hostile.topic"]"#, r#"[16,8,{},"witness.topic"]"#, "[4,\"x\",{}]", "[4711]"];
    for way in stage.ways() {
        for last in more {
            let mut peer = way.join().await;
            say(&mut peer, GOODBYE).await;
            say(&mut peer, last).await;
            let Message::Goodbye(goodbye) = peer.receive().await else { panic!("{way:?}: {last}") };
            assert_eq!(goodbye.reason, reason::GOODBYE_AND_OUT);
            match peer.try_receive().await {
                Some(Message::Abort(abort)) if last == "[4711]" => assert_eq!(abort.reason, reason::PROTOCOL_VIOLATION),
                other => assert_eq!(other, None, "{way:?}: {last}"),
            }
        }
        stage.clear().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn messages_after_abort() {
    let mut stage = Stage::new().await;
    for way in stage.ways() {
        let mut peer = way.join().await;
        say(&mut peer, r#"[3,{},"wamp.error.abort"]"#).await;
        say(&mut peer, r#"[16,8,{},"witness.topic"]"#).await;
        assert!(end(&mut peer).await.is_none_or(|code| code == 1000), "{way:?}");
        drop(peer);
        stage.clear().await;
    }
    stage.close().await;
}

/// Everything in one piece: what was right before is done and answered, what comes behind the violation is not.
#[tokio::test]
async fn messages_after_a_violation() {
    let mut stage = Stage::new().await;
    for way in stage.ways() {
        // One that the realm finds, and one that is no message.
        for violation in [r#"[4,"x",{}]"#, "[4711]"] {
            let mut peer = way.join().await;
            let good = peer.publication(7, "hostile.topic", vec![]);
            let forged = peer.publication(8, "witness.topic", vec!["forged".into()]);
            let [good, forged] = [good, forged].map(|message| framed(&way, &message));
            let bad = way.serializer.try_write_value(&value(violation)).unwrap();
            let all = [good, framed_bytes(&way, &bad), forged].concat();
            match &mut peer.wire {
                Either::Web(web) => web.get_mut().write_all(&all).await.unwrap(),
                Either::Raw(raw) => raw.line.write_all(&all).await.unwrap(),
            }
            let Message::Published(published) = peer.receive().await else { panic!("{way:?}: {violation}") };
            assert_eq!(published.request.get(), 7);
            violated(&mut peer, violation).await;
        }
        stage.clear().await;
    }
    stage.close().await;
}
