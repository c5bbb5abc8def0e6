//! Authentication while joining.

use wamp_proto::Dict;
use wamp_proto::client::{Settings, State};

use crate::harness::{Client, HELLO, WELCOME, settings};

const CHALLENGE: &str = r#"[4,"wampcra",{"challenge":"c"}]"#;

fn challenged() -> Client {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.receive(CHALLENGE);
    assert_eq!(client.did()[..2], ["Connect", HELLO]);
    client
}

#[test]
fn l10_the_answer_to_a_challenge_goes_to_the_router() {
    let mut client = challenged();
    assert_eq!(client.heard(), ["challenge wampcra"]);
    assert_eq!(client.state(), State::Challenged);
    let now = client.now;
    client.authenticate("signed", Dict::new(), now);
    assert_eq!(client.did(), [r#"[5,"signed",{}]"#]);
    client.receive(WELCOME);
    assert_eq!(client.heard(), ["connected"]);
}

#[test]
fn l12_a_challenge_that_the_program_cannot_answer_aborts() {
    let mut client = challenged();
    let now = client.now;
    client.heard();
    client.refuse_challenge("Exception in onChallenge handler raised!", now);
    let abort = r#"[3,{"message":"Exception in onChallenge handler raised!"},"wamp.error.cannot_authenticate"]"#;
    assert_eq!(client.did(), [abort, "Close"]);
    assert!(client.heard().is_empty(), "the program knows what it did");
}

#[test]
fn l14_a_failed_login_is_tried_again_until_max_retries() {
    let mut client = Client::new(Settings { max_retries: 2, ..settings() });
    client.connect();
    for _ in 0..3 {
        client.open();
        client.receive(CHALLENGE);
        let now = client.now;
        client.refuse_challenge("no", now);
        client.lose();
        client.retry();
    }
    let challenge = "challenge wampcra";
    assert_eq!(client.heard(), [challenge, "reconnecting 1", challenge, "reconnecting 2", challenge, "closed"]);
}

#[test]
fn l15_a_wrong_signature_is_what_the_router_says() {
    let mut client = challenged();
    let now = client.now;
    client.authenticate("wrong", Dict::new(), now);
    client.receive(r#"[3,{"message":"signature is invalid"},"wamp.error.not_authorized"]"#);
    assert_eq!(client.heard()[1..], ["error wamp.error.not_authorized: signature is invalid"]);
}

#[test]
fn an_answer_that_nobody_asked_for_is_not_sent() {
    let mut client = Client::joined(settings());
    let now = client.now;
    client.authenticate("signed", Dict::new(), now);
    client.refuse_challenge("no", now);
    assert!(client.did().is_empty());
    assert_eq!(client.state(), State::Joined);
}

#[test]
fn an_answer_after_the_connection_is_lost_is_not_sent() {
    let mut client = challenged();
    client.lose();
    let now = client.now;
    client.authenticate("signed", Dict::new(), now);
    client.refuse_challenge("no", now);
    assert!(client.did().is_empty());
    assert_eq!(client.state(), State::Waiting);
}

#[test]
fn the_time_limit_for_joining_counts_while_the_program_thinks() {
    let mut client = challenged();
    client.wait(30_000);
    assert_eq!(client.did().last().unwrap(), "Close");
}
