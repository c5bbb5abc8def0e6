//! Unknown codes, and codes that are none.

use wamp_proto::Serializer;

use crate::answers::{say, violated};
use crate::stage::Stage;

#[tokio::test]
async fn unknown_codes() {
    let mut stage = Stage::new().await;
    let unknown = (0..256).filter(|code| wamp_proto::Message::name_of(*code).is_none());
    let unknown: Vec<u64> = unknown.chain([256, 999, 1023, 1024, 1 << 53, u64::MAX]).collect();
    for way in stage.serializers() {
        for code in &unknown {
            let mut peer = way.join().await;
            say(&mut peer, &format!("[{code},7,{{}},\"com.topic\"]")).await;
            let closing = violated(&mut peer, &format!("{way:?}: {code}")).await;
            assert_eq!(closing, None);
        }
        stage.clear().await;
    }
    for way in stage.ways() {
        for joined in [false, true] {
            let mut peer = if joined { way.join().await } else { way.connect().await };
            say(&mut peer, r#"[4711,7,{},"com.topic"]"#).await;
            let closing = violated(&mut peer, &format!("{way:?}: joined {joined}")).await;
            assert_eq!(closing, way.is_websocket().then_some(1002));
        }
    }
    stage.close().await;
}

#[tokio::test]
async fn codes_that_are_none() {
    let stage = Stage::new().await;
    for way in stage.serializers() {
        for code in ["null", "true", "-1", "-32", "32.5", "\"32\"", "[32]", "{}", "[]"] {
            let mut peer = way.join().await;
            say(&mut peer, &format!("[{code},7,{{}},\"com.topic\"]")).await;
            violated(&mut peer, &format!("{way:?}: {code}")).await;
        }
    }
    // Too large for any integer; only JSON can say it.
    for code in ["18446744073709551616", "1e999", "0x20", "032"] {
        let way = stage.serializers().into_iter().find(|way| way.serializer == Serializer::Json).unwrap();
        let mut peer = way.join().await;
        let _ = peer.send_bytes(format!("[{code},7,{{}},\"com.topic\"]")).await;
        violated(&mut peer, code).await;
    }
    stage.close().await;
}
