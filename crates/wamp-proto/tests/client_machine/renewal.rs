//! What a new session begins with.

use wamp_proto::Dict;
use wamp_proto::client::{ClientMachine, Settings};

use crate::harness::{Client, HELLO, options, settings};

/// With a confirmed subscription 1 (id 71) and registration 1 (id 81).
fn subscribed() -> Client {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.register(1, "p");
    client.receive("[33,1,71]");
    client.receive("[65,2,81]");
    client.did();
    client.heard();
    client
}

#[test]
fn l30_subscriptions_then_registrations_then_unanswered_then_the_queue() {
    let mut client = subscribed();
    client.subscribe(2, "unanswered");
    client.register(2, "unanswered");
    client.did();
    client.lose();
    client.call("queued");
    client.subscribe(3, "queued");
    client.retry();
    client.join();
    assert_eq!(
        client.did(),
        [
            "Connect",
            HELLO,
            r#"[32,1,{},"t"]"#,
            r#"[64,2,{},"p"]"#,
            r#"[32,3,{},"unanswered"]"#,
            r#"[64,4,{},"unanswered"]"#,
            r#"[48,5,{},"queued"]"#,
            r#"[32,6,{},"queued"]"#,
        ]
    );
    assert_eq!(client.heard(), ["reconnecting 1", "reconnected"]);
}

#[test]
fn l30_renewals_come_in_the_order_of_confirmation() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "a");
    client.subscribe(2, "b");
    client.receive("[33,2,72]");
    client.receive("[33,1,71]");
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"b"]"#, r#"[32,2,{},"a"]"#]);
}

#[test]
fn l31_l32_q10_renewals_keep_their_options_and_are_sent_once() {
    let mut client = Client::joined(settings());
    let now = client.now;
    ClientMachine::subscribe(&mut client, 1, "a.", options(r#"{"match":"prefix"}"#), now).unwrap();
    ClientMachine::register(&mut client, 1, "p", options(r#"{"invoke":"roundrobin"}"#), now).unwrap();
    client.receive("[33,1,71]");
    client.receive("[65,2,81]");
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{"match":"prefix"},"a."]"#, r#"[64,2,{"invoke":"roundrobin"},"p"]"#]);
}

#[test]
fn events_and_invocations_find_their_way_in_the_new_session() {
    let mut client = subscribed();
    client.rejoin();
    client.receive("[33,1,171]");
    client.receive("[65,2,181]");
    client.receive("[36,171,1,{},[5]]");
    client.receive("[68,1,181,{},[6]]");
    assert_eq!(client.heard()[2..], ["event 1 [5]", "invocation 1 of 1 [6]"]);
    client.receive("[36,71,1,{},[5]]");
    assert!(client.heard().is_empty(), "the ids of the old session are void");
}

#[test]
fn l33_a_refused_renewal_is_silent_and_tried_again_in_the_next_session() {
    let mut client = subscribed();
    client.rejoin();
    client.receive(r#"[8,32,1,{},"wamp.error.not_authorized"]"#);
    client.receive(r#"[8,64,2,{},"wamp.error.procedure_already_exists"]"#);
    assert_eq!(client.heard(), ["reconnecting 1", "reconnected"]);
    client.did();
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"t"]"#, r#"[64,2,{},"p"]"#]);
}

#[test]
fn l34_q36_an_unanswered_subscribe_is_answered_under_its_old_number() {
    let mut client = Client::joined(settings());
    let request = client.subscribe(1, "t");
    client.rejoin();
    client.rejoin();
    client.receive("[33,1,71]");
    assert_eq!(client.heard().last().unwrap(), &format!("done {request} as 71"));
}

#[test]
fn l35_q36_sent_calls_and_acknowledged_publications_fail_at_the_loss() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.publish("t", r#"{"acknowledge":true}"#);
    client.publish("t", "{}");
    client.lose();
    let failed = |n| format!("failed {n} wamp.error.network_failure");
    assert_eq!(client.heard(), [failed(1), failed(2)]);
    client.retry();
    client.join();
    assert_eq!(client.did()[3..], ["Connect", HELLO], "nothing is sent twice");
}

#[test]
fn a_local_failure_says_why_in_one_argument() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.lose();
    let notices = client.notices();
    let [wamp_proto::client::Notice::Failed { payload, details, .. }] = &notices[..] else { panic!("{notices:?}") };
    let args = payload.serializer.read_value(payload.args.as_ref().unwrap()).unwrap();
    assert_eq!(args.as_list().unwrap()[0].as_str().unwrap(), "the connection was lost before the answer came");
    assert!(details.is_empty() && payload.kwargs.is_none());
}

#[test]
fn l36_an_offline_unsubscribe_or_unregister_succeeds_at_once_and_is_not_renewed() {
    let mut client = subscribed();
    client.lose();
    let (one, two) = (client.unsubscribe(1), client.unregister(1));
    assert_eq!(client.heard(), [format!("done {one}"), format!("done {two}")]);
    client.retry();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn an_unsubscribe_or_unregister_in_flight_at_the_loss_has_succeeded() {
    let mut client = subscribed();
    let (one, two) = (client.unsubscribe(1), client.unregister(1));
    client.did();
    client.rejoin();
    assert_eq!(client.heard()[..2], [format!("done {one}"), format!("done {two}")]);
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn a_subscription_given_up_before_it_is_confirmed_is_taken_back_when_it_is() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.unsubscribe(1);
    assert_eq!(client.heard(), ["done 2"]);
    client.did();
    client.receive("[33,1,71]");
    assert_eq!(client.heard(), ["done 1 as 71"]);
    assert_eq!(client.did(), ["[34,2,71]"]);
    client.receive("[35,2]");
    assert!(client.heard().is_empty());
    client.rejoin();
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn a_renewal_given_up_before_it_is_confirmed_is_taken_back_when_it_is() {
    let mut client = subscribed();
    client.rejoin();
    client.unregister(1);
    client.did();
    client.receive("[65,2,181]");
    assert_eq!(client.did(), ["[66,3,181]"]);
}

#[test]
fn a_renewal_given_up_and_asked_for_again_is_not_taken_back() {
    let mut client = subscribed();
    client.rejoin();
    client.unsubscribe(1);
    client.subscribe(2, "t");
    client.did();
    client.heard();
    client.receive("[33,1,171]");
    client.receive("[33,3,171]");
    assert!(client.did().is_empty());
    client.receive("[36,171,5,{}]");
    assert_eq!(client.heard().len(), 2);
}

#[test]
fn a_queued_subscribe_given_up_is_not_sent() {
    let mut client = Client::new(settings());
    client.subscribe(1, "t");
    client.unsubscribe(1);
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
    assert_eq!(client.heard(), ["done 2", "connected", "failed 1 wamp.error.canceled"]);
}

#[test]
fn nothing_is_renewed_after_the_end() {
    let mut client = Client::joined(Settings { auto_reconnect: false, ..settings() });
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.did();
    client.lose();
    assert_eq!(client.heard(), ["done 1 as 71", "closed"]);
    client.connect();
    client.join();
    assert_eq!(client.did(), ["Connect", HELLO]);
}

#[test]
fn l38_q37_numbers_go_on_while_the_ids_on_the_wire_begin_anew() {
    let mut client = Client::joined(settings());
    client.call("p");
    client.receive("[50,1,{}]");
    client.rejoin();
    client.did();
    assert_eq!(client.call("p"), 2);
    assert_eq!(client.did(), [r#"[48,1,{},"p"]"#]);
    client.receive("[50,1,{},[1]]");
    assert_eq!(client.heard().last().unwrap(), "result 2 [1]");
    assert!(!client.cancel(1, "{}") && !client.cancel(2, "{}"));
}

#[test]
fn a_subscription_that_the_router_revokes_is_silent_until_the_next_session() {
    let mut client = subscribed();
    client.receive(r#"[35,0,{"subscription":71,"reason":"x"}]"#);
    client.receive(r#"[67,0,{"registration":81}]"#);
    client.receive("[36,71,1,{}]");
    assert!(client.heard().is_empty());
    client.rejoin();
    assert_eq!(client.did()[2..], [r#"[32,1,{},"t"]"#, r#"[64,2,{},"p"]"#]);
}

#[test]
fn options_are_kept_for_each_number() {
    let mut client = Client::joined(settings());
    let now = client.now;
    ClientMachine::subscribe(&mut client, 1, "a", Dict::new(), now).unwrap();
    ClientMachine::subscribe(&mut client, 2, "a", options(r#"{"match":"wildcard"}"#), now).unwrap();
    client.receive("[33,1,71]");
    client.receive("[33,2,72]");
    client.receive("[36,71,1,{},[1]]");
    client.receive(r#"[36,72,2,{"topic":"a"},[2]]"#);
    assert_eq!(client.heard()[2..], ["event 1 [1]", "event 2 [2]"], "Q12");
}

#[test]
fn a_subscription_asked_for_again_is_not_taken_back_by_the_second_of_two_late_answers() {
    let mut client = Client::joined(settings());
    client.subscribe(1, "t");
    client.subscribe(1, "t");
    client.receive("[33,1,71]");
    client.rejoin();
    client.unsubscribe(1);
    client.subscribe(2, "t");
    client.did();
    client.receive("[33,1,72]");
    client.receive("[33,2,72]");
    assert!(client.did().is_empty(), "UNSUBSCRIBE would end the subscription that is wanted");
}
