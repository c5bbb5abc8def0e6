//! From nothing to a session.

use wamp_proto::client::{Action, Settings, State};
use wamp_proto::{Dict, Serializer};

use crate::harness::{Client, HELLO, WELCOME, settings};

#[test]
fn a_new_client_does_nothing() {
    let mut client = Client::new(settings());
    assert_eq!(client.state(), State::Idle);
    assert_eq!((client.next_deadline(), client.session(), client.role("broker")), (None, None, None));
    assert!(client.did().is_empty() && client.heard().is_empty());
}

#[test]
fn hello_goes_out_when_the_transport_opens_and_welcome_makes_the_session() {
    let mut client = Client::new(settings());
    client.connect();
    assert_eq!(client.did(), ["Connect"]);
    client.open();
    assert_eq!(client.did(), [HELLO]);
    assert_eq!(client.state(), State::Joining);
    client.receive(WELCOME);
    assert_eq!(client.heard(), ["connected"]);
    assert_eq!(client.session().map(|id| id.get()), Some(9_129_137_332));
    assert_eq!((client.role("broker"), client.role("dealer"), client.role("x")), (Some(true), Some(true), Some(false)));
    assert_eq!((client.state().as_str(), client.next_deadline()), ("joined", None));
}

#[test]
fn c07_a_welcome_without_roles_offers_none() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.receive("[2,1,{}]");
    assert_eq!(client.role("broker"), Some(false));
}

#[test]
fn hello_carries_the_details_of_the_settings() {
    let details = Dict::new().with("agent", "Loowy").with("authmethods", vec!["ticket"]);
    let mut client = Client::new(Settings { details, ..settings() });
    client.connect();
    client.open();
    assert_eq!(client.did()[1], r#"[1,"realm1",{"agent":"Loowy","authmethods":["ticket"]}]"#);
}

#[test]
fn the_default_details_announce_the_four_roles() {
    let details = Settings::default().details;
    let roles = details.dict("roles").unwrap();
    for role in ["publisher", "subscriber", "caller", "callee"] {
        assert!(!roles.dict(role).unwrap().dict("features").unwrap().is_empty(), "{role}");
    }
}

#[test]
fn the_negotiated_serializer_writes_the_frames() {
    let mut client = Client::new(settings());
    assert_eq!(client.payload_serializer(), Serializer::Json);
    client.connect();
    let now = client.now;
    client.transport_opened(Serializer::MsgPack, now);
    assert_eq!(client.payload_serializer(), Serializer::MsgPack);
    client.poll_action();
    assert_eq!(client.poll_action(), Some(Action::Send(b"\x93\x01\xa6realm1\x80".as_slice().into())));
}

#[test]
fn before_it_is_connected_the_preferred_serializer_counts() {
    let serializers = vec![Serializer::MsgPack, Serializer::Json];
    assert_eq!(Client::new(Settings { serializers, ..settings() }).payload_serializer(), Serializer::MsgPack);
    assert_eq!(Client::new(Settings { serializers: vec![], ..settings() }).payload_serializer(), Serializer::Json);
}

#[test]
fn k01_without_a_realm_nothing_is_opened() {
    let mut client = Client::new(Settings { realm: None, ..settings() });
    client.connect();
    assert!(client.did().is_empty());
    assert_eq!(client.heard(), ["error No realm specified!"]);
    assert_eq!(client.state(), State::Idle);
}

#[test]
fn k06_q22_a_refused_first_connection_is_an_error_and_nothing_more() {
    let mut client = Client::new(settings());
    client.connect();
    client.refuse();
    assert_eq!(client.heard(), ["error connection refused"]);
    assert_eq!((client.state(), client.next_deadline()), (State::Idle, None));
    client.connect();
    assert_eq!(client.did(), ["Connect", "Connect"]);
}

#[test]
fn a_refused_first_connection_is_retried_when_the_settings_say_so() {
    let mut client = Client::new(Settings { retry_first_connect: true, max_retries: 2, ..settings() });
    client.connect();
    for _ in 0..3 {
        client.refuse();
        client.retry();
    }
    let refused = "error connection refused";
    assert_eq!(client.heard(), [refused, "reconnecting 1", refused, "reconnecting 2", refused, "closed"]);
}

#[test]
fn k08_k09_q35_connecting_twice_changes_nothing() {
    let mut client = Client::new(settings());
    client.connect();
    client.connect();
    client.open();
    client.connect();
    client.receive(WELCOME);
    client.connect();
    assert_eq!(client.did(), ["Connect", HELLO]);
    assert_eq!(client.heard(), ["connected"]);
}

#[test]
fn k11_after_the_end_everything_begins_anew() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.receive("[33,1,77]");
    client.disconnect();
    client.receive(crate::harness::GOODBYE_AND_OUT);
    client.lose();
    assert_eq!(client.heard(), ["done 1 as 77", "closed"]);
    client.did();
    client.connect();
    client.join();
    assert_eq!(client.call("p"), 1);
    assert_eq!(client.did(), ["Connect", HELLO, r#"[48,1,{},"p"]"#]);
    assert_eq!(client.heard(), ["connected"]);
}

#[test]
fn a_transport_that_nobody_wants_any_more_is_dropped() {
    let mut client = Client::new(settings());
    client.connect();
    client.disconnect();
    client.did();
    client.open();
    assert_eq!(client.did(), ["Drop"]);
}

#[test]
fn a_transport_that_closes_before_it_opens_has_failed() {
    let mut client = Client::new(settings());
    client.connect();
    client.lose();
    assert_eq!(client.heard(), ["error the connection was closed"]);
    assert_eq!(client.state(), State::Idle);
}

#[test]
fn a_router_that_never_welcomes_is_left_after_the_time_limit() {
    let mut client = Client::new(settings());
    client.connect();
    client.open();
    client.wait(29_999);
    assert_eq!(client.did(), ["Connect", HELLO]);
    client.wait(1);
    let abort = r#"[3,{"message":"the router did not answer HELLO in time"},"wamp.error.timeout"]"#;
    assert_eq!(client.did(), [abort, "Close"]);
    assert_eq!(client.heard(), ["error wamp.error.timeout: the router did not answer HELLO in time"]);
    client.lose();
    assert_eq!(client.state(), State::Waiting);
}

#[test]
fn what_cannot_be_said_in_hello_is_an_error_and_the_end() {
    let mut client =
        Client::new(Settings { details: Dict::new().with("x", wamp_proto::Value::Float(f64::NAN)), ..settings() });
    client.connect();
    client.open();
    assert_eq!(client.did(), ["Connect", "Close"]);
    client.lose();
    let heard = client.heard();
    assert!(heard[0].starts_with("error ") && heard[1..] == ["closed"], "{heard:?}");
}

/// A login that is set right behind `connect` counts for it, however far the background is by then.
mod settings_before_the_program_has_heard_anything {
    use super::*;

    const ANN: &str = r#"[1,"realm1",{"authid":"ann"}]"#;

    fn login() -> Settings {
        Settings { details: Dict::new().with("authid", "ann"), ..settings() }
    }

    fn connecting() -> Client {
        let mut client = Client::new(settings());
        client.connect();
        assert_eq!(client.did(), ["Connect"]);
        client
    }

    fn joins_anew(mut client: Client, said: &[&str]) {
        assert_eq!(client.did(), said);
        client.configure(login());
        assert_eq!(client.did(), ["Drop", "Connect"]);
        client.join();
        assert_eq!(client.did(), [ANN]);
        assert_eq!(client.heard(), ["connected"]);
    }

    #[test]
    fn an_attempt_that_has_not_said_hello_goes_on() {
        let mut client = connecting();
        client.configure(login());
        assert!(client.did().is_empty());
        client.join();
        assert_eq!(client.did(), [ANN]);
    }

    #[test]
    fn an_attempt_with_another_offer_begins_anew() {
        let mut client = connecting();
        client.configure(Settings { serializers: vec![Serializer::MsgPack], ..settings() });
        assert_eq!(client.did(), ["Drop", "Connect"]);
    }

    #[test]
    fn after_hello_the_attempt_begins_anew() {
        let mut client = connecting();
        client.open();
        joins_anew(client, &[HELLO]);
    }

    #[test]
    fn after_a_challenge_the_attempt_begins_anew() {
        let mut client = connecting();
        client.open();
        client.receive(r#"[4,"ticket",{}]"#);
        joins_anew(client, &[HELLO]);
    }

    #[test]
    fn a_session_that_nobody_has_heard_of_begins_anew() {
        let mut client = connecting();
        client.join();
        joins_anew(client, &[HELLO]);
    }

    #[test]
    fn a_refusal_that_nobody_has_heard_of_is_forgotten() {
        let mut client = connecting();
        client.open();
        client.receive(r#"[3,{},"wamp.error.no_such_principal"]"#);
        joins_anew(client, &[HELLO, "Close"]);
    }

    #[test]
    fn a_refusal_while_waiting_for_the_next_attempt_is_forgotten() {
        let mut client = connecting();
        client.open();
        client.receive(r#"[3,{},"wamp.error.no_such_principal"]"#);
        client.lose();
        assert_eq!(client.did(), [HELLO, "Close"]);
        client.configure(login());
        assert_eq!(client.did(), ["Connect"]);
        client.join();
        assert_eq!((client.did(), client.heard()), (vec![ANN.to_owned()], vec!["connected".to_owned()]));
    }

    #[test]
    fn the_same_settings_change_nothing() {
        let mut client = connecting();
        client.join();
        client.configure(Settings { max_retries: 3, ..settings() });
        assert_eq!(client.did(), [HELLO]);
        assert_eq!(client.heard(), ["connected"]);
    }

    #[test]
    fn from_its_first_turn_on_they_count_for_the_next_connection() {
        let mut client = connecting();
        client.open();
        assert!(client.heard().is_empty());
        client.configure(login());
        assert_eq!(client.did(), [HELLO]);
    }

    #[test]
    fn with_a_request_made_they_count_for_the_next_connection() {
        let mut client = connecting();
        client.subscribe(1, "a.b");
        client.join();
        client.configure(login());
        assert_eq!(client.did(), [HELLO, r#"[32,1,{},"a.b"]"#]);
    }
}
