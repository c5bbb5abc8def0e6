//! The time limit of a call.

use crate::harness::{Client, settings};

#[test]
fn r05_a_call_that_takes_longer_than_its_timeout_is_canceled_and_fails() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"timeout":500}"#);
    assert_eq!(client.did(), [r#"[48,1,{"timeout":500},"p"]"#]);
    client.wait(499);
    assert!(client.did().is_empty() && client.heard().is_empty());
    client.wait(1);
    assert_eq!(client.did(), [r#"[49,1,{"mode":"killnowait"}]"#]);
    assert_eq!(client.heard(), ["failed 1 wamp.error.timeout"]);
    client.receive(r#"[8,48,1,{},"wamp.error.canceled"]"#);
    client.receive("[50,1,{}]");
    assert!(client.heard().is_empty());
    assert_eq!(client.next_deadline(), None);
}

#[test]
fn a_call_that_is_answered_in_time_does_not_time_out() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"timeout":500}"#);
    client.receive("[50,1,{}]");
    client.did();
    client.wait(1000);
    assert_eq!(client.heard(), ["result 1 "]);
    assert!(client.did().is_empty());
}

#[test]
fn progressive_results_do_not_prolong_the_time() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"timeout":500,"receive_progress":true}"#);
    client.wait(400);
    client.receive(r#"[50,1,{"progress":true}]"#);
    client.wait(100);
    assert_eq!(client.heard(), ["progress 1 ", "failed 1 wamp.error.timeout"]);
}

#[test]
fn no_timeout_and_a_timeout_of_0_are_no_limit() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.call_with("p", r#"{"timeout":0}"#);
    client.call_with("p", r#"{"timeout":-5}"#);
    assert_eq!(client.next_deadline(), None);
}

#[test]
fn the_time_of_a_queued_call_counts_from_the_call() {
    let mut client = Client::joined(settings());
    client.lose();
    client.call_with("p", r#"{"timeout":500}"#);
    client.call("q");
    client.wait(500);
    assert_eq!(client.heard(), ["failed 1 wamp.error.timeout"]);
    client.retry();
    client.join();
    assert_eq!(client.did()[2..], [r#"[48,1,{},"q"]"#]);
}

#[test]
fn a_call_queued_before_and_sent_after_keeps_its_deadline() {
    let mut client = Client::new(settings());
    client.call_with("p", r#"{"timeout":500}"#);
    client.wait(300);
    client.connect();
    client.join();
    client.wait(200);
    assert_eq!(client.did()[3..], [r#"[49,1,{"mode":"killnowait"}]"#]);
    assert_eq!(client.heard(), ["connected", "failed 1 wamp.error.timeout"]);
}

#[test]
fn a_call_that_failed_with_the_connection_does_not_time_out_too() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"timeout":500}"#);
    client.lose();
    client.wait(500);
    assert_eq!(client.heard(), ["failed 1 wamp.error.network_failure"]);
}

#[test]
fn deadlines_of_one_life_do_not_reach_into_the_next() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"timeout":5000}"#);
    client.disconnect();
    client.lose();
    client.heard();
    client.connect();
    client.join();
    client.call("q");
    client.wait(10_000);
    assert_eq!(client.heard(), ["connected"]);
}
