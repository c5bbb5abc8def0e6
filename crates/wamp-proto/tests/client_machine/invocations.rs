//! The callee's side.

use wamp_proto::Dict;

use crate::harness::{Client, args, no_args, options, settings};

/// With registration 1 (id 81).
fn callee() -> Client {
    let mut client = Client::joined(settings());
    client.register(1, "p");
    client.receive("[65,1,81]");
    client.heard();
    client.did();
    client
}

#[test]
fn an_invocation_is_answered_with_its_result() {
    let mut client = callee();
    client.receive("[68,1001,81,{},[1]]");
    assert_eq!(client.heard(), ["invocation 1 of 1 [1]"]);
    client.yield_result(1, Dict::new(), args("[2]"));
    client.yield_result(1, Dict::new(), args("[3]"));
    assert_eq!(client.did(), ["[70,1001,{},[2]]"]);
}

#[test]
fn an_invocation_is_answered_with_an_error() {
    let mut client = callee();
    client.receive("[68,1001,81,{}]");
    client.yield_error(1, "my.err", options(r#"{"d":1}"#), args("[\"m\"]"));
    client.yield_result(1, Dict::new(), no_args());
    client.yield_error(1, "my.err", Dict::new(), no_args());
    assert_eq!(client.did(), [r#"[8,68,1001,{"d":1},"my.err",["m"]]"#]);
}

#[test]
fn progressive_results_leave_the_invocation_open() {
    let mut client = callee();
    client.receive(r#"[68,1001,81,{"receive_progress":true}]"#);
    client.yield_result(1, options(r#"{"progress":true}"#), args("[1]"));
    client.yield_result(1, options(r#"{"progress":true}"#), args("[2]"));
    client.yield_result(1, Dict::new(), args("[3]"));
    client.yield_result(1, options(r#"{"progress":true}"#), args("[4]"));
    assert_eq!(
        client.did(),
        [r#"[70,1001,{"progress":true},[1]]"#, r#"[70,1001,{"progress":true},[2]]"#, "[70,1001,{},[3]]"]
    );
}

#[test]
fn invocations_may_be_answered_in_any_order() {
    let mut client = callee();
    client.receive("[68,1,81,{}]");
    client.receive("[68,2,81,{}]");
    client.yield_result(2, Dict::new(), no_args());
    client.yield_result(1, Dict::new(), no_args());
    assert_eq!(client.did(), ["[70,2,{}]", "[70,1,{}]"]);
}

#[test]
fn an_invocation_of_an_unknown_registration_is_refused() {
    let mut client = callee();
    client.receive("[68,5,99,{}]");
    assert_eq!(client.did(), [r#"[8,68,5,{},"wamp.error.no_such_procedure"]"#]);
    assert_eq!(client.heard(), ["unknown invocation"]);
}

#[test]
fn an_answer_to_an_invocation_of_a_lost_session_is_dropped() {
    let mut client = callee();
    for request in 1..=3 {
        client.receive(&format!("[68,{request},81,{{}}]"));
    }
    client.lose();
    client.yield_result(1, Dict::new(), no_args());
    assert!(client.did().is_empty());
    client.retry();
    client.join();
    client.did();
    client.yield_error(2, "e", Dict::new(), no_args());
    client.receive("[65,1,181]");
    client.receive("[68,3,181,{}]");
    client.yield_result(3, Dict::new(), no_args());
    assert!(client.did().is_empty(), "the number belongs to the old one");
    client.yield_result(4, Dict::new(), no_args());
    assert_eq!(client.did(), ["[70,3,{}]"]);
}

#[test]
fn an_interrupt_is_answered_and_heard() {
    let mut client = callee();
    client.receive("[68,7,81,{}]");
    client.receive(r#"[69,7,{"mode":"kill"}]"#);
    assert_eq!(client.did(), [r#"[8,68,7,{},"wamp.error.canceled"]"#]);
    assert_eq!(client.heard()[1..], ["interrupt 1 kill"]);
    client.yield_result(1, Dict::new(), no_args());
    assert!(client.did().is_empty());
}

#[test]
fn an_interrupt_of_an_answered_or_unknown_invocation_is_ignored() {
    let mut client = callee();
    client.receive("[68,7,81,{}]");
    client.yield_result(1, Dict::new(), no_args());
    client.did();
    client.receive("[69,7,{}]");
    client.receive("[69,8,{}]");
    assert_eq!(client.heard(), ["invocation 1 of 1 "]);
    assert!(client.did().is_empty());
}

#[test]
fn a_result_that_cannot_be_encoded_becomes_an_error() {
    let nan = bytes::Bytes::from_static(b"\x91\xcb\x7f\xf8\0\0\0\0\0\0");
    let nan = wamp_proto::Payload { serializer: wamp_proto::Serializer::MsgPack, args: Some(nan), kwargs: None };
    let mut client = callee();
    client.receive("[68,7,81,{}]");
    client.receive("[68,8,81,{}]");
    client.yield_result(1, options(r#"{"progress":true}"#), nan.clone());
    client.yield_error(2, "e", Dict::new(), nan);
    client.yield_result(1, Dict::new(), no_args());
    let did = client.did();
    assert_eq!(did.len(), 2);
    for (frame, id) in did.iter().zip([7, 8]) {
        assert!(frame.starts_with(&format!(r#"[8,68,{id},{{}},"wamp.error.invocation_exception",["#)), "{frame}");
    }
}
