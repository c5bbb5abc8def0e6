//! YIELD and ERROR for invocations of other sessions, for none, and for those that are over.

use wamp_proto::{Message, Value, reason};

use crate::answers::{goes_on, refused, say, violated};
use crate::stage::Stage;

const ANSWERS: [&str; 4] = [
    r#"[70,$,{},["forged"]]"#,
    r#"[70,$,{"progress":true},["forged"]]"#,
    r#"[8,68,$,{},"com.forged",["forged"]]"#,
    r#"[8,68,$,{},"wamp.error.canceled"]"#,
];

#[tokio::test]
async fn yield_or_error_for_another_sessions_invocation() {
    let mut stage = Stage::new().await;
    for way in stage.ways() {
        for answer in ANSWERS {
            // That of the witness among them, which waits for its answer.
            for invocation in stage.witness.pending() - 1..=stage.witness.pending() + 1 {
                let mut peer = way.join().await;
                say(&mut peer, &answer.replace('$', &invocation.to_string())).await;
                violated(&mut peer, &format!("{way:?}: {answer}")).await;
            }
        }
        stage.witness.notices_nothing().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn yield_or_error_by_another_callee() {
    let mut stage = Stage::new().await;
    for way in stage.transports() {
        for answer in ANSWERS {
            let mut peer = way.join().await;
            peer.register("hostile.procedure").await;
            peer.ask("hostile.procedure", Vec::new()).await;
            let Message::Invocation(mine) = peer.receive().await else { panic!("no invocation") };
            // Its own is the only one that it can answer, whatever number the witness' one has.
            say(&mut peer, &answer.replace('$', &(mine.request.get() + 1).to_string())).await;
            violated(&mut peer, answer).await;
        }
        stage.witness.notices_nothing().await;
    }
    stage.close().await;
}

/// Answers can cross with what ends an invocation: they come too late, and nobody gets them.
#[tokio::test]
async fn yield_and_error_for_what_is_over() {
    let stage = Stage::new().await;
    for way in stage.transports() {
        let mut peer = way.join().await;
        peer.register("hostile.procedure").await;
        peer.ask("hostile.procedure", Vec::new()).await;
        let Message::Invocation(mine) = peer.receive().await else { panic!("no invocation") };
        say(&mut peer, &format!(r#"[70,{},{{}},["first"]]"#, mine.request)).await;
        let Message::Result(result) = peer.receive().await else { panic!("no result") };
        assert_eq!(peer.args(&result.payload), [Value::from("first")]);
        for answer in ANSWERS {
            say(&mut peer, &answer.replace('$', &mine.request.to_string())).await;
        }
        peer.subscribe("com.next").await;
        goes_on(&mut peer, "answers that are late").await;
    }
    stage.close().await;
}

#[tokio::test]
async fn errors_for_requests_that_only_a_router_answers() {
    let stage = Stage::new().await;
    for way in stage.transports() {
        for request in [16, 32, 34, 48, 64, 66, 49, 70] {
            let mut peer = way.join().await;
            say(&mut peer, &format!(r#"[8,{request},1,{{}},"com.error"]"#)).await;
            violated(&mut peer, &format!("an error for {request}")).await;
        }
    }
    stage.close().await;
}

/// Ids are the same for everybody, but what they stand for is not everybody's to end.
#[tokio::test]
async fn requests_about_what_others_have() {
    let mut stage = Stage::new().await;
    let (subscription, registration) = stage.witness.ids();
    for way in stage.transports() {
        let mut peer = way.join().await;
        for (request, why) in [
            (format!("[34,7,{subscription}]"), reason::NO_SUCH_SUBSCRIPTION),
            (format!("[66,7,{registration}]"), reason::NO_SUCH_REGISTRATION),
            (r#"[64,7,{},"witness.procedure"]"#.to_owned(), reason::PROCEDURE_ALREADY_EXISTS),
            (r#"[64,7,{"invoke":"roundrobin"},"witness.procedure"]"#.to_owned(), reason::PROCEDURE_ALREADY_EXISTS),
        ] {
            say(&mut peer, &request).await;
            refused(&mut peer, why, &request).await;
        }
        // The call that the witness has under way has a number of that session's.
        for call in 1..=stage.witness.pending() + 1 {
            say(&mut peer, &format!(r#"[49,{call},{{"mode":"kill"}}]"#)).await;
        }
        goes_on(&mut peer, "its own calls are none").await;
        stage.witness.notices_nothing().await;
    }
    stage.close().await;
}
