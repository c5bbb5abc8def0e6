//! What goes on after it has waited for a decision.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;
use wamp_proto::router::{Authorizer, Decision, MetaApi, Oracle, Output, RealmConfig};

fn undecided() -> Realm {
    let authorizer = Some(Authorizer { oracle: Oracle::Driver, timeout: ms(60_000), cache: ms(0) });
    let meta = MetaApi { subscription: true, ..MetaApi::default() };
    Realm::with(RealmConfig { authorizer, meta, ..RealmConfig::open("realm1") })
}

fn allow(realm: &mut Realm) {
    let question = realm.questions.pop_front().unwrap();
    realm.machine.decide(question.id, Some(Decision::ALLOWED), realm.now);
}

fn allowed(realm: &mut Realm, client: Id, message: impl Into<Message>) -> Message {
    realm.say(client, message);
    allow(realm);
    realm.collect();
    realm.one(client)
}

#[test]
fn what_had_to_wait_happens_when_it_is_decided() {
    let mut realm = undecided();
    let client = realm.join();
    realm.say(client, Subscribe { request: id(1), options: none(), topic: "a".into() });
    realm.now += ms(5000);
    allow(&mut realm);
    realm.collect();
    let Message::Subscribed(subscribed) = realm.one(client) else { panic!("not subscribed") };
    let get = meta_call("wamp.subscription.get", &[subscribed.subscription.into()], None);
    let Message::Result(result) = allowed(&mut realm, client, get) else { panic!("no RESULT") };
    let created = values(&result.payload)[0].as_dict().unwrap().str("created").unwrap().clone();
    assert_eq!(created, "1970-01-01T00:00:05.000Z");
}

/// All pieces of a call are decided about at once. When the callee's queue has no room for the first, it must not take
/// the second for the whole.
#[test]
fn of_a_call_whose_first_piece_does_not_arrive_no_other_piece_does() {
    let mut realm = undecided();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    allowed(&mut realm, callee, Register { request: id(1), options: none(), procedure: "p".into() });
    for progress in [true, true, false] {
        realm.call(caller, 1, "p", with("progress", progress));
    }
    allow(&mut realm);
    let Some(Output::Send { to, message }) = realm.machine.poll_output() else { panic!("no INVOCATION") };
    realm.machine.undeliverable(to, &message);
    realm.collect();
    assert!(!realm.received(callee).iter().any(|message| matches!(message, Message::Invocation(_))));
    assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
    assert_eq!(realm.machine.stats().open_calls, 0);
}

/// Each decision moves what waits behind it, not message by message.
#[test]
fn what_waits_keeps_its_order_over_many_decisions() {
    let mut realm = undecided();
    let client = realm.join();
    for request in 1..=500 {
        realm.say(client, Publish { request: id(request), ..publish("a", with("acknowledge", true)) });
        realm.say(client, Unsubscribe { request: id(1000 + request), subscription: id(1) });
    }
    for request in 1..=500 {
        allow(&mut realm);
        realm.collect();
        let answers: Vec<u64> = realm.received(client).iter().map(answered).collect();
        assert_eq!(answers, [request, 1000 + request]);
    }
    assert!(realm.questions.is_empty());
}

fn answered(message: &Message) -> u64 {
    match message {
        Message::Published(published) => published.request.get(),
        Message::Error(error) => error.request.get(),
        other => panic!("{other:?}"),
    }
}
