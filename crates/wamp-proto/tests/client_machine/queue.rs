//! Requests without a session.

use bytes::Bytes;
use wamp_proto::client::{Action, ClientMachine, Refused, Settings};
use wamp_proto::{Dict, Payload, Serializer};

use crate::harness::{Client, HELLO, WELCOME, args, settings};

#[test]
fn c04_q42_requests_before_the_connection_go_out_in_order_after_welcome() {
    let mut client = Client::new(settings());
    client.subscribe(1, "t");
    client.call("p");
    client.publish("t", "{}");
    client.register(1, "p");
    assert!(client.did().is_empty());
    client.connect();
    client.open();
    client.did();
    client.receive(WELCOME);
    assert_eq!(client.did(), [r#"[32,1,{},"t"]"#, r#"[48,2,{},"p"]"#, r#"[16,3,{},"t"]"#, r#"[64,4,{},"p"]"#]);
    client.receive("[50,2,{}]");
    assert_eq!(client.heard(), ["connected", "result 2 "]);
}

#[test]
fn a_refused_first_connection_keeps_the_queue_for_the_next() {
    let mut client = Client::new(settings());
    client.call("p");
    client.connect();
    client.refuse();
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", "Connect", HELLO, r#"[48,1,{},"p"]"#]);
}

#[test]
fn l39_requests_made_while_offline_are_answered_after_the_reconnect() {
    let mut client = Client::joined(settings());
    client.lose();
    assert_eq!(client.publish("t", r#"{"acknowledge":true}"#), 1);
    client.retry();
    client.join();
    assert_eq!(client.did()[2..], [r#"[16,1,{"acknowledge":true},"t"]"#]);
    client.receive("[17,1,4711]");
    assert_eq!(client.heard(), ["reconnecting 1", "reconnected", "done 1 as 4711"]);
}

#[test]
fn q38_what_is_queued_is_encoded_for_the_session_that_sends_it() {
    let mut client = Client::new(settings());
    let now = client.now;
    client.call_payload("p", args("[1,\"a\"]")).unwrap();
    client.connect();
    client.transport_opened(Serializer::MsgPack, now);
    let welcome = Serializer::MsgPack.encode(&Serializer::Json.decode(WELCOME.into()).unwrap()).unwrap();
    client.handle_frame(welcome, now);
    let last = std::iter::from_fn(|| client.poll_action()).last();
    assert_eq!(last, Some(Action::Send(b"\x95\x30\x01\x80\xa1p\x92\x01\xa1a".as_slice().into())));
}

#[test]
fn a_payload_that_the_negotiated_format_cannot_express_fails_its_request_alone() {
    let nan = Payload {
        serializer: Serializer::MsgPack,
        args: Some(Bytes::from_static(b"\x91\xcb\x7f\xf8\0\0\0\0\0\0")),
        kwargs: None,
    };
    let mut client = Client::joined(settings());
    let now = client.now;
    ClientMachine::publish(&mut client, "t", nan.clone(), Dict::new(), now).unwrap();
    client.call_payload("p", nan).unwrap();
    client.call("p");
    assert_eq!(client.did(), [r#"[48,1,{},"p"]"#], "and leaves no gap in the ids");
    let failed = |n| format!("failed {n} wamp.error.invalid_argument");
    assert_eq!(client.heard(), [failed(1), failed(2)]);
}

#[test]
fn the_queue_is_bounded_in_messages() {
    let mut client = Client::new(Settings { max_queued_messages: 2, ..settings() });
    client.call("p");
    client.subscribe(1, "t");
    let now = client.now;
    assert_eq!(client.call_payload("p", args("[]")), Err(Refused::QueueFull));
    assert_eq!(ClientMachine::subscribe(&mut client, 2, "u", Dict::new(), now), Err(Refused::QueueFull));
    client.connect();
    client.join();
    assert_eq!(client.did()[2..], [r#"[48,1,{},"p"]"#, r#"[32,2,{},"t"]"#]);
    assert_eq!(client.call("p"), 3, "a refused request has no number");
}

#[test]
fn the_queue_is_bounded_in_bytes() {
    let mut client = Client::new(Settings { max_queued_bytes: 1000, ..settings() });
    let big = Payload { serializer: Serializer::Json, args: Some(vec![b'1'; 2000].into()), kwargs: None };
    assert_eq!(client.call_payload("p", big), Err(Refused::QueueFull));
    assert_eq!(client.call("p"), 1);
}

#[test]
fn the_bounds_do_not_count_in_a_session() {
    let mut client = Client::joined(Settings { max_queued_messages: 0, ..settings() });
    assert_eq!(client.call("p"), 1);
}

#[test]
fn a_transport_that_takes_nothing_more_refuses_requests() {
    let mut client = Client::joined(Settings { max_queued_bytes: 1000, ..settings() });
    client.set_unsent(1001);
    assert_eq!(client.call_payload("p", args("[]")), Err(Refused::QueueFull));
    client.set_unsent(1000);
    assert_eq!(client.call("p"), 1);
}

#[test]
fn what_was_sent_but_not_answered_has_a_place_beyond_the_bounds() {
    let mut client = Client::joined(Settings { max_queued_messages: 1, ..settings() });
    client.subscribe(1, "t");
    client.subscribe(2, "u");
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"t"]"#, r#"[32,2,{},"u"]"#]);
}

#[test]
fn a_queued_call_can_be_canceled() {
    let mut client = Client::new(settings());
    let call = client.call("p");
    assert!(client.cancel(call, "{}"));
    assert!(!client.cancel(call, "{}"));
    assert_eq!(client.heard(), ["failed 1 wamp.error.canceled"]);
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn a_refused_subscribe_leaves_the_one_before_as_it_was() {
    let mut client = Client::new(Settings { max_queued_messages: 1, ..settings() });
    let now = client.now;
    client.subscribe(1, "t");
    let prefix = Dict::new().with("match", "prefix");
    assert_eq!(ClientMachine::subscribe(&mut client, 1, "t", prefix, now), Err(Refused::QueueFull));
    client.connect();
    client.join();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"t"]"#]);
}

#[test]
fn a_refused_register_does_not_take_the_place_of_one_that_is_being_given_up() {
    let mut client = Client::joined(settings());
    let now = client.now;
    client.register(1, "p");
    client.receive("[65,1,10]");
    client.unregister(1);
    client.set_unsent(usize::MAX);
    assert_eq!(ClientMachine::register(&mut client, 1, "other", Dict::new(), now), Err(Refused::QueueFull));
    client.receive(r#"[8,66,2,{},"com.refused"]"#);
    client.did();
    client.rejoin();
    assert_eq!(client.did().last().unwrap(), r#"[64,1,{},"p"]"#);
}
