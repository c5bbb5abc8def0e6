//! Requests in a session and their answers.

use wamp_proto::client::Notice;

use crate::harness::{Client, args, settings};

#[test]
fn i11_requests_go_out_at_once_in_order_with_ids_without_gaps() {
    let mut client = Client::joined(settings());
    let numbers = [client.subscribe(1, "t"), client.publish("t", "{}"), client.call("p"), client.register(1, "p")];
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(client.did(), [r#"[32,1,{},"t"]"#, r#"[16,2,{},"t"]"#, r#"[48,3,{},"p"]"#, r#"[64,4,{},"p"]"#]);
}

#[test]
fn p01_an_acknowledged_publication_is_confirmed_with_its_id() {
    let mut client = Client::joined(settings());
    client.publish("t", r#"{"acknowledge":true}"#);
    client.receive("[17,1,4711]");
    assert_eq!(client.heard(), ["done 1 as 4711"]);
}

#[test]
fn p02_a_publication_without_acknowledge_waits_for_nothing() {
    let mut client = Client::joined(settings());
    client.publish("t", "{}");
    client.receive("[17,1,4711]");
    client.receive(r#"[8,16,1,{},"wamp.error.not_authorized"]"#);
    assert!(client.heard().is_empty());
}

#[test]
fn r07_a_result_ends_the_call() {
    let mut client = Client::joined(settings());
    client.call_payload("p", args("[1]")).unwrap();
    assert_eq!(client.did(), [r#"[48,1,{},"p",[1]]"#]);
    client.receive(r#"[50,1,{},[7],{"a":1}]"#);
    client.receive("[50,1,{},[8]]");
    assert_eq!(client.heard(), [r#"result 1 [7] {"a":1}"#]);
}

#[test]
fn r08_a_progressive_result_leaves_the_call_open() {
    let mut client = Client::joined(settings());
    client.call_with("p", r#"{"receive_progress":true}"#);
    client.receive(r#"[50,1,{"progress":true},[1]]"#);
    client.receive(r#"[50,1,{"progress":true},[2]]"#);
    client.receive("[50,1,{},[3]]");
    assert_eq!(client.heard(), ["progress 1 [1]", "progress 1 [2]", "result 1 [3]"]);
}

#[test]
fn r09_b11_g09_errors_reach_their_requests_whole() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.receive(r#"[8,48,1,{"d":1},"my.err",["m"],{"k":1}]"#);
    let notices = client.notices();
    let [Notice::Failed { request: 1, error, details, payload }] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!((&**error, details.u64("d")), ("my.err", Some(1)));
    assert_eq!(
        (payload.args.as_deref(), payload.kwargs.as_deref()),
        (Some(b"[\"m\"]".as_slice()), Some(b"{\"k\":1}".as_slice()))
    );
    client.subscribe(1, "t");
    client.register(1, "p");
    client.publish("t", r#"{"acknowledge":true}"#);
    client.receive(r#"[8,32,2,{},"e.a"]"#);
    client.receive(r#"[8,64,3,{},"e.b"]"#);
    client.receive(r#"[8,16,4,{},"e.c"]"#);
    assert_eq!(client.heard(), ["failed 2 e.a", "failed 3 e.b", "failed 4 e.c"]);
}

#[test]
fn q31_a_result_without_details_is_taken() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.receive("[50,1]");
    assert_eq!(client.heard(), ["result 1 "]);
}

#[test]
fn r22_r24_cancel_goes_to_the_router_each_time_and_the_call_waits_for_its_error() {
    let mut client = Client::joined(settings());
    client.publish("t", "{}");
    let call = client.call("p");
    client.did();
    assert!(client.cancel(call, "{}") && client.cancel(call, r#"{"mode":"kill"}"#));
    assert_eq!(client.did(), ["[49,2,{}]", r#"[49,2,{"mode":"kill"}]"#]);
    assert!(client.heard().is_empty());
    client.receive(r#"[8,48,2,{},"wamp.error.canceled"]"#);
    assert_eq!(client.heard(), ["failed 2 wamp.error.canceled"]);
    assert!(!client.cancel(call, "{}"));
}

#[test]
fn r20_only_calls_can_be_canceled() {
    let mut client = Client::joined(settings());
    let publication = client.publish("t", r#"{"acknowledge":true}"#);
    assert!(!client.cancel(publication, "{}") && !client.cancel(99, "{}"));
    assert_eq!(client.did().len(), 1);
}

#[test]
fn b01_an_event_finds_its_subscription() {
    let mut client = Client::joined(settings());
    client.subscribe(5, "t");
    client.receive("[33,1,71]");
    client.receive(r#"[36,71,4711,{"publisher":1},[1],{"a":2}]"#);
    assert_eq!(client.heard()[0], "done 1 as 71");
    client.receive("[36,71,4711,{}]");
    assert_eq!(client.heard(), ["event 5 "]);
}

#[test]
fn events_of_unknown_subscriptions_are_ignored() {
    let mut client = Client::joined(settings());
    client.receive("[36,71,1,{}]");
    assert!(client.heard().is_empty() && client.did().is_empty());
}

#[test]
fn b09_q13_two_subscribes_for_one_number_are_both_answered() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.receive("[33,2,71]");
    client.receive("[36,71,1,{}]");
    assert_eq!(client.heard(), ["done 1 as 71", "done 2 as 71", "event 1 "]);
}

#[test]
fn b10_a_subscribe_while_the_unsubscribe_is_under_way_begins_anew() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.unsubscribe(1);
    client.subscribe(1, "t");
    client.receive("[35,2]");
    client.receive("[33,3,72]");
    client.receive("[36,72,1,{}]");
    assert_eq!(client.heard(), ["done 1 as 71", "done 2", "done 3 as 72", "event 1 "]);
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"t"]"#]);
}

#[test]
fn b22_b29_an_unsubscribe_is_confirmed() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.did();
    client.unsubscribe(1);
    assert_eq!(client.did(), ["[34,2,71]"]);
    client.receive("[35,2]");
    client.receive("[36,71,1,{}]");
    assert_eq!(client.heard(), ["done 1 as 71", "done 2"]);
}

#[test]
fn b28_g23_giving_up_twice_asks_twice() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.did();
    client.unsubscribe(1);
    client.unsubscribe(1);
    assert_eq!(client.did(), ["[34,2,71]", "[34,3,71]"]);
    client.receive("[35,2]");
    client.receive(r#"[8,34,3,{},"wamp.error.no_such_subscription"]"#);
    assert_eq!(client.heard()[1..], ["done 2", "failed 3 wamp.error.no_such_subscription"]);
    client.unsubscribe(1);
    assert_eq!(client.heard(), ["failed 4 wamp.error.no_such_subscription"]);
}

#[test]
fn q28_a_refused_unsubscribe_does_not_bring_the_subscription_back() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.unsubscribe(1);
    client.receive(r#"[8,34,2,{},"e"]"#);
    client.receive("[36,71,1,{}]");
    assert_eq!(client.heard(), ["done 1 as 71", "failed 2 e"]);
    client.did();
    client.rejoin();
    assert_eq!(client.did().len(), 2);
}

#[test]
fn g21_a_registration_is_given_up_and_confirmed() {
    let mut client = Client::joined(settings());
    client.register(1, "p");
    client.receive("[65,1,81]");
    client.did();
    client.unregister(1);
    assert_eq!(client.did(), ["[66,2,81]"]);
    client.receive("[68,1,81,{}]");
    client.receive("[67,2]");
    assert_eq!(client.heard(), ["done 1 as 81", "invocation 1 of 1 ", "done 2"], "served until it is confirmed");
    client.unregister(1);
    assert_eq!(client.heard(), ["failed 3 wamp.error.no_such_registration"]);
}

#[test]
fn a_refused_unregister_leaves_the_registration_as_it_was() {
    let mut client = Client::joined(settings());
    client.register(1, "p");
    client.receive("[65,1,81]");
    client.unregister(1);
    client.receive(r#"[8,66,2,{},"e"]"#);
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[64,1,{},"p"]"#]);
}

#[test]
fn g07_both_ids_of_a_procedure_registered_twice_serve_it() {
    let mut client = Client::joined(settings());
    client.register(1, "p");
    client.register(1, "p");
    client.receive("[65,1,81]");
    client.receive("[65,2,82]");
    client.receive("[68,1,81,{}]");
    client.receive("[68,2,82,{}]");
    assert_eq!(client.heard()[2..], ["invocation 1 of 1 ", "invocation 2 of 1 "]);
}

#[test]
fn answers_to_unknown_requests_and_of_the_wrong_type_are_ignored() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.did();
    for frame in [
        "[17,1,5]",
        "[33,1,5]",
        "[35,1]",
        "[65,1,5]",
        "[67,1]",
        "[50,2,{}]",
        r#"[50,2,{"progress":true}]"#,
        r#"[8,16,1,{},"e"]"#,
        r#"[8,49,1,{},"e"]"#,
        r#"[8,48,9,{},"e"]"#,
    ] {
        client.receive(frame);
    }
    assert!(client.heard().is_empty() && client.did().is_empty());
    client.receive("[50,1,{}]");
    assert_eq!(client.heard(), ["result 1 "]);
}
