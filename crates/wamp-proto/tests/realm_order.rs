//! The order that the specification guarantees (Ordering Guarantees): calls of one caller reach one callee as they were
//! made, whatever is between them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn calls_of_one_caller_are_invoked_in_order() {
    let mut realm = Realm::new();
    let [caller, other, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.a", none());
    realm.register(callee, "com", with("match", "prefix"));
    realm.subscribe(callee, "com.topic", none());
    let mut expected = Vec::new();
    for n in 1..=300_u64 {
        let procedure = if n % 3 == 0 { "com.a" } else { "com.b" };
        let options = if n % 5 == 0 { with("timeout", 10 + n) } else { none() };
        let payload = json(&format!("[{n}]"));
        realm.say(caller, Call { payload: payload.clone(), ..call(n, procedure, options) });
        realm.call(other, n, procedure, none());
        if n % 7 == 0 {
            realm.say(caller, Cancel { request: id(n), options: with("mode", "skip") });
        }
        expected.push(payload);
    }
    let invocations = realm.received(callee).into_iter().filter_map(|message| match message {
        Message::Invocation(invocation) if invocation.payload != json("[1]") => Some(invocation),
        _ => None,
    });
    let (ids, payloads): (Vec<Id>, Vec<Payload>) =
        invocations.map(|invocation| (invocation.request, invocation.payload)).unzip();
    assert_eq!(payloads, expected[1..]);
    assert!(ids.is_sorted());
}

#[test]
fn results_of_one_call_arrive_in_order_between_those_of_others() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.a", none());
    for request in [1, 2] {
        realm.call(caller, request, "com.a", with("receive_progress", true));
    }
    let progress = |n, args: &str| Yield { request: id(n), options: with("progress", true), payload: json(args) };
    for n in 1..=20_u64 {
        realm.say(callee, progress(n % 2 + 1, &format!("[{n}]")));
    }
    realm.answer(callee, id(1), "[21]");
    let results: Vec<Payload> = realm
        .received(caller)
        .iter()
        .filter(|message| matches!(message, Message::Result(m) if m.request == id(1)))
        .map(|message| message.payload().unwrap().clone())
        .collect();
    let expected: Vec<Payload> = (1..=21).filter(|n| n % 2 == 0 || *n == 21).map(|n| json(&format!("[{n}]"))).collect();
    assert_eq!(results, expected);
}
