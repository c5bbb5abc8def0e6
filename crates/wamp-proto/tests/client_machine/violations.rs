//! A router that breaks the protocol, and what is only odd.

use wamp_proto::client::State;

use crate::harness::{Client, GOODBYE, HELLO, settings};

fn assert_violation(client: &mut Client) {
    let did = client.did();
    let [.., abort, close] = &did[..] else { panic!("{did:?}") };
    assert!(
        abort.starts_with(r#"[3,{"message":""#) && abort.ends_with(r#""},"wamp.error.protocol_violation"]"#),
        "{abort}"
    );
    assert_eq!(close, "Close");
    let heard = client.heard();
    assert!(heard[0].starts_with("error wamp.error.protocol_violation: "), "{heard:?}");
    assert_eq!(client.session(), None);
}

#[test]
fn what_is_not_a_message_ends_the_session_and_counts_as_a_loss() {
    for frame in ["", "x", "{}", "[]", "[\"a\"]", "[36]", "[36,1]", "[36,-1,1,{}]", "[50,\"1\",{}]", "[8,48,1,{},5]"] {
        let mut client = Client::joined(settings());
        client.receive(frame);
        assert_violation(&mut client);
        client.lose();
        assert_eq!(client.state(), State::Waiting, "{frame}");
    }
}

#[test]
fn a_violation_fails_what_was_in_flight() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.receive("x");
    assert_eq!(client.heard()[1..], ["failed 1 wamp.error.network_failure"]);
}

#[test]
fn a_message_that_needs_a_session_before_there_is_one_breaks_the_protocol() {
    let frames = ["[36,1,1,{}]", r#"[8,48,1,{},"e"]"#, "[50,1,{}]", "[68,1,1,{}]", "[17,1,1]", GOODBYE, HELLO, "x"];
    for frame in frames {
        let mut client = Client::new(settings());
        client.connect();
        client.open();
        client.receive(frame);
        assert_violation(&mut client);
        client.lose();
        assert_eq!(client.state(), State::Waiting, "{frame}");
    }
}

#[test]
fn a_challenge_in_a_session_breaks_the_protocol() {
    let mut client = Client::joined(settings());
    client.receive(r#"[4,"ticket",{}]"#);
    assert_violation(&mut client);
}

#[test]
fn a_violation_while_leaving_ends_the_life() {
    let mut client = Client::joined(settings());
    client.disconnect();
    client.receive("x");
    assert_violation(&mut client);
    client.lose();
    assert_eq!(client.heard(), ["closed"]);
}

#[test]
fn a_second_welcome_is_ignored() {
    let mut client = Client::joined(settings());
    let session = client.session();
    client.receive("[2,5,{}]");
    assert_eq!((client.session(), client.role("broker")), (session, Some(true)));
    assert!(client.heard().is_empty() && client.did().is_empty());
}

#[test]
fn what_only_routers_receive_and_unknown_codes_are_ignored() {
    let mut client = Client::joined(settings());
    let frames = [
        HELLO,
        r#"[5,"s",{}]"#,
        r#"[48,1,{},"p"]"#,
        "[49,1,{}]",
        r#"[16,1,{},"t"]"#,
        r#"[32,1,{},"t"]"#,
        "[34,1,1]",
        r#"[64,1,{},"p"]"#,
        "[66,1,1]",
        "[70,1,{}]",
        "[1234,\"x\"]",
        "[0]",
    ];
    for frame in frames {
        client.receive(frame);
    }
    assert!(client.heard().is_empty() && client.did().is_empty());
    assert_eq!(client.state(), State::Joined);
}

#[test]
fn frames_without_a_transport_or_while_it_closes_are_ignored() {
    let mut client = Client::new(settings());
    client.receive("x");
    client.connect();
    client.receive("x");
    client.open();
    client.abort();
    client.receive("x");
    client.lose();
    client.receive("x");
    assert_eq!(client.heard(), ["closed"]);
    client.receive("x");
    assert_eq!(client.state(), State::Idle);
}

#[test]
fn a_transport_that_breaks_is_an_error_and_a_loss() {
    let mut client = Client::joined(settings());
    let now = client.now;
    client.call("p");
    client.transport_broken("message too large", now);
    assert_eq!(client.heard(), ["error message too large", "failed 1 wamp.error.network_failure"]);
    assert_eq!(client.state(), State::Waiting);
}

#[test]
fn a_transport_that_breaks_while_it_closes_only_closes() {
    let mut client = Client::joined(settings());
    client.receive(GOODBYE);
    let now = client.now;
    client.transport_broken("message too large", now);
    assert_eq!(client.heard(), ["closed"]);
}
