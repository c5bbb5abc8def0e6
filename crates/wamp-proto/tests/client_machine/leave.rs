//! disconnect() and abort() in every state, GOODBYE and the closing handshake.

use wamp_proto::client::{Notice, Settings, State, Then};

use crate::harness::{Client, GOODBYE, GOODBYE_AND_OUT, HELLO, WELCOME, settings};

const ABORT: &str = r#"[3,{},"wamp.error.abort"]"#;

fn waiting() -> Client {
    let mut client = Client::joined(settings());
    client.lose();
    assert_eq!(client.state(), State::Waiting);
    client
}

#[test]
fn k12_goodbye_is_exchanged_then_the_transport_is_closed() {
    let mut client = Client::joined(settings());
    client.disconnect();
    assert_eq!((client.did(), client.state()), (vec![GOODBYE.to_owned()], State::Leaving));
    assert!(client.session().is_some(), "S02: until the router has answered");
    client.receive(GOODBYE_AND_OUT);
    assert_eq!((client.did(), client.session()), (vec!["Close".to_owned()], None));
    assert!(client.heard().is_empty());
    client.lose();
    assert_eq!((client.heard(), client.state()), (vec!["closed".to_owned()], State::Idle));
    client.wait(60_000);
    assert!(client.did().is_empty() && client.heard().is_empty());
}

#[test]
fn k13_a_client_that_is_not_connected_has_nothing_to_leave() {
    let mut client = Client::new(settings());
    client.disconnect();
    client.abort();
    assert!(client.did().is_empty() && client.heard().is_empty());
}

#[test]
fn k14_q04_disconnecting_before_the_session_closes_and_stays_closed() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.disconnect();
    assert_eq!(client.did(), ["Connect", HELLO, "Close"]);
    client.receive(WELCOME);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
    client.wait(60_000);
    assert!(client.did().is_empty());
}

#[test]
fn q06_abort_before_the_session_is_sent_and_never_carried_over() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.abort();
    assert_eq!(client.did(), ["Connect", HELLO, ABORT, "Close"]);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn k15_q04_leaving_while_the_transport_is_opening_drops_it_at_once() {
    for leave in [Client::disconnect, Client::abort] {
        let mut client = Client::new(settings());
        client.connect();
        leave(&mut client);
        assert_eq!(client.did(), ["Connect", "Drop"]);
        assert_eq!(client.heard(), ["closed"]);
        assert_eq!(client.next_deadline(), None);
    }
}

#[test]
fn k16_q05_leaving_while_waiting_for_an_attempt_ends_the_waiting() {
    for leave in [Client::disconnect, Client::abort] {
        let mut client = waiting();
        leave(&mut client);
        assert_eq!(client.heard(), ["closed"]);
        client.wait(60_000);
        assert!(client.did().is_empty() && client.heard().is_empty());
    }
}

#[test]
fn q05_leaving_when_the_attempt_is_announced_prevents_it() {
    let mut client = waiting();
    client.wait(2000);
    assert_eq!(client.heard(), ["reconnecting 1"]);
    client.disconnect();
    client.proceed();
    assert_eq!(client.heard(), ["closed"]);
    assert!(client.did().is_empty());
}

#[test]
fn k17_q14_leaving_twice_is_leaving_once() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.disconnect();
    client.receive(GOODBYE_AND_OUT);
    client.receive(GOODBYE_AND_OUT);
    client.disconnect();
    client.lose();
    client.disconnect();
    assert_eq!(client.did(), [GOODBYE, "Close"]);
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn q14_when_both_say_goodbye_at_once_each_takes_it_for_the_answer() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.receive(GOODBYE);
    assert_eq!(client.did(), [GOODBYE, "Close"]);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn k18_requests_after_goodbye_are_still_sent_and_answered() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.call("p");
    client.receive("[50,1,{},[7]]");
    assert_eq!(client.did(), [GOODBYE, r#"[48,1,{},"p"]"#]);
    assert_eq!(client.heard(), ["result 1 [7]"]);
}

#[test]
fn k19_a_router_that_never_answers_goodbye_is_left_after_the_time_limit() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.wait(2999);
    assert_eq!(client.did(), [GOODBYE]);
    client.wait(1);
    assert_eq!((client.did(), client.session()), (vec!["Close".to_owned()], None));
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn l02_a_peer_that_never_finishes_the_closing_handshake_is_dropped_after_3_s() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.receive(GOODBYE_AND_OUT);
    client.did();
    client.wait(2999);
    assert!(client.did().is_empty() && client.heard().is_empty());
    client.wait(1);
    assert_eq!((client.did(), client.heard()), (vec!["Drop".to_owned()], vec!["closed".to_owned()]));
    client.lose();
    assert!(client.heard().is_empty());
}

#[test]
fn q07_a_peer_that_drops_the_transport_instead_of_closing_it_still_ends_the_life() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
    assert_eq!(client.state(), State::Idle);
}

#[test]
fn a_goodbye_of_the_router_is_answered_and_no_attempt_follows() {
    let mut client = Client::joined(settings());
    client.receive(GOODBYE);
    assert_eq!(client.did(), [GOODBYE_AND_OUT, "Close"]);
    assert_eq!((client.session(), client.state()), (None, State::Closing(Then::End)));
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
    client.wait(60_000);
    assert!(client.did().is_empty());
}

#[test]
fn k24_aborting_a_session_closes_the_transport_and_counts_as_a_loss() {
    let mut client = Client::joined(settings());
    client.abort();
    assert_eq!((client.did(), client.session()), (vec!["Close".to_owned()], None));
    client.lose();
    client.retry();
    client.join();
    assert_eq!(client.heard(), ["reconnecting 1", "reconnected"]);
}

#[test]
fn k24_aborting_a_session_without_reconnect_ends_the_life() {
    let mut client = Client::joined(Settings { auto_reconnect: false, ..settings() });
    client.abort();
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn aborting_while_leaving_does_not_wait_for_the_router() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.abort();
    assert_eq!(client.did(), [GOODBYE, "Close"]);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn leaving_while_an_aborted_transport_closes_prevents_the_next_attempt() {
    let mut client = Client::joined(settings());
    client.abort();
    client.disconnect();
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn connecting_while_leaving_begins_a_new_life_after_the_end_of_this_one() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.connect();
    client.receive(GOODBYE_AND_OUT);
    client.lose();
    assert_eq!(client.did(), [GOODBYE, "Close"]);
    assert_eq!(client.heard(), ["closed"]);
    assert_eq!(client.did(), ["Connect"]);
    client.join();
    assert_eq!(client.heard(), ["connected"]);
}

#[test]
fn connecting_and_thinking_better_of_it_while_leaving_stays_closed() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.connect();
    client.disconnect();
    client.receive(GOODBYE_AND_OUT);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
    assert_eq!(client.did(), [GOODBYE, "Close"]);
}

#[test]
fn connecting_while_an_aborted_transport_closes_waits_for_no_interval() {
    let mut client = Client::joined(settings());
    client.abort();
    client.connect();
    client.lose();
    assert_eq!(client.did(), ["Close", "Connect"]);
    client.join();
    assert_eq!(client.heard(), ["reconnected"]);
}

#[test]
fn the_end_fails_everything_that_is_pending_then_closes_once() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.publish("t", r#"{"acknowledge":true}"#);
    client.publish("t", "{}");
    client.subscribe(1, "t");
    client.register(1, "p");
    client.disconnect();
    client.lose();
    let failed = |n| format!("failed {n} wamp.error.network_failure");
    assert_eq!(client.heard(), [failed(1), failed(2), failed(4), failed(5), "closed".into()]);
    assert!(client.heard().is_empty());
}

#[test]
fn c03_numbers_begin_anew_only_when_the_program_has_heard_the_end() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.receive(GOODBYE);
    client.lose();
    assert!(client.has_notice());
    assert_eq!(client.call("p"), 2, "the program does not know yet");
    let failed = |n| format!("failed {n} wamp.error.network_failure");
    assert_eq!(client.heard(), [failed(1), failed(2), "closed".into()]);
    assert_eq!(client.call("p"), 1);
    assert!(!client.has_notice());
}

#[test]
fn a_request_made_on_hearing_a_failure_before_the_end_can_be_forgotten_with_the_rest() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.subscribe(2, "u");
    client.receive(GOODBYE);
    client.lose();
    assert!(matches!(client.poll_notice(), Some(Notice::Failed { request: 1, .. })));
    assert_eq!(client.call("q"), 3);
    assert_eq!(client.heard(), ["failed 2 wamp.error.network_failure", "closed"]);
    client.reset();
    assert_eq!(client.call("r"), 1);
    client.did();
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO, r#"[48,1,{},"r"]"#]);
}

#[test]
fn a_request_made_on_hearing_a_failure_before_the_end_else_belongs_to_the_next_life() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.subscribe(2, "u");
    client.receive(GOODBYE);
    client.lose();
    client.poll_notice();
    client.call("q");
    assert_eq!(client.heard(), ["failed 2 wamp.error.network_failure", "closed"]);
    assert_eq!(client.call("r"), 4);
    client.did();
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO, r#"[48,1,{},"q"]"#, r#"[48,2,{},"r"]"#]);
}

#[test]
fn answers_to_requests_that_were_forgotten_are_ignored() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.subscribe(1, "t");
    client.reset();
    assert_eq!(client.call("q"), 1);
    client.receive("[50,1,{},[1]]");
    client.receive("[33,2,71]");
    client.receive("[50,3,{},[3]]");
    assert_eq!(client.heard(), ["result 1 [3]"]);
}

#[test]
fn leaving_a_client_that_never_connected_fails_what_was_queued() {
    let mut client = Client::new(settings());
    client.call("p");
    client.disconnect();
    assert_eq!(client.heard(), ["failed 1 wamp.error.network_failure"]);
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
}
