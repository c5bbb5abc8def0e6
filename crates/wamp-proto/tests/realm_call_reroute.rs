//! Call Rerouting.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{Limits, RealmConfig};

fn unavailable(invocation: Id) -> Error {
    let error = reason::UNAVAILABLE.into();
    Error { request_type: 68, request: invocation, details: none(), error, payload: json("[]") }
}

/// Call 5 of a procedure that three callees share.
fn called(invoke: &str, options: Dict) -> (Realm, Id, [Id; 3]) {
    called_in(Realm::new(), invoke, options)
}

fn called_in(mut realm: Realm, invoke: &str, options: Dict) -> (Realm, Id, [Id; 3]) {
    let caller = realm.join();
    let callees = std::array::from_fn(|_| realm.join());
    for callee in callees {
        realm.register(callee, "com.work", with("invoke", invoke));
    }
    realm.call(caller, 5, "com.work", options);
    (realm, caller, callees)
}

/// Who has the call now, and its invocation.
fn holder(realm: &mut Realm, callees: &[Id]) -> (usize, Invocation) {
    let mut found = callees.iter().enumerate().flat_map(|(at, callee)| realm.received(*callee).pop().map(|m| (at, m)));
    let Some((at, Message::Invocation(invocation))) = found.next() else { panic!("no INVOCATION") };
    (at, invocation)
}

/// The callees in the order in which they were asked, none of whom is available.
fn asked(realm: &mut Realm, callees: &[Id], times: usize) -> Vec<usize> {
    (0..times)
        .map(|_| {
            let (at, invocation) = holder(realm, callees);
            realm.say(callees[at], unavailable(invocation.request));
            at
        })
        .collect()
}

#[track_caller]
fn assert_no_callee(realm: &mut Realm, caller: Id) {
    let error = realm.error(caller);
    assert_eq!((error.request_type, error.request), (48, id(5)));
    assert_eq!(error.error, reason::NO_AVAILABLE_CALLEE);
    assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
}

#[test]
fn call_reroute() {
    for (invoke, order) in [("roundrobin", [0, 1, 2]), ("first", [0, 1, 2]), ("last", [2, 1, 0])] {
        let (mut realm, caller, callees) = called(invoke, none());
        assert_eq!(asked(&mut realm, &callees, 3), order);
        assert_no_callee(&mut realm, caller);
    }
    let (mut realm, caller, callees) = called("random", none());
    let mut order = asked(&mut realm, &callees, 3);
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
    assert_no_callee(&mut realm, caller);
}

#[test]
fn the_caller_hears_nothing_but_the_result_of_who_was_available() {
    let options = with("timeout", 100_u64).with("disclose_me", true).with("receive_progress", true);
    let (mut realm, caller, callees) = called("first", options.with("ppt_scheme", "x"));
    let (_, first) = holder(&mut realm, &callees);
    realm.advance(ms(60));
    realm.say(callees[0], unavailable(first.request));
    let (at, second) = holder(&mut realm, &callees);
    assert_eq!((at, &second.details, &second.payload), (1, &first.details, &first.payload));
    assert!(realm.received(caller).is_empty());
    realm.advance(ms(39));
    realm.answer(callees[1], second.request, "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
    assert_eq!(realm.machine.next_deadline(), None);
}

/// Two callees of one procedure that share its calls, first come, first served: whether each keeps the time itself.
fn timed(forward: [bool; 2]) -> (Realm, Id, [Id; 2]) {
    let mut realm = Realm::new();
    let [caller, a, b] = std::array::from_fn(|_| realm.join());
    for (callee, forward) in [a, b].into_iter().zip(forward) {
        realm.register(callee, "com.work", with("invoke", "first").with("forward_timeout", forward));
    }
    realm.call(caller, 5, "com.work", with("timeout", 100_u64).with("receive_progress", true));
    (realm, caller, [a, b])
}

#[test]
fn the_time_of_a_call_counts_from_its_beginning_whoever_keeps_it() {
    for first_keeps in [false, true] {
        let (mut realm, caller, [a, b]) = timed([first_keeps, false]);
        realm.advance(ms(60));
        let first = realm.invocation(a);
        assert_eq!(first.details.u64("timeout"), first_keeps.then_some(100));
        realm.say(a, unavailable(first.request));
        assert_eq!(realm.invocation(b).details.u64("timeout"), None);
        realm.advance(ms(39));
        assert!(realm.received(caller).is_empty());
        realm.advance(ms(1));
        assert_eq!(realm.error(caller).error, reason::TIMEOUT);
    }
    for first_keeps in [false, true] {
        let (mut realm, caller, [a, b]) = timed([first_keeps, true]);
        realm.advance(ms(60));
        let first = realm.invocation(a);
        realm.say(a, unavailable(first.request));
        let second = realm.invocation(b);
        assert_eq!(second.details.u64("timeout"), Some(40));
        realm.advance(ms(1000));
        realm.answer(b, second.request, "[]");
        realm.result(caller);
    }
}

#[test]
fn each_progressive_result_of_the_next_callee_has_all_of_the_time() {
    let (mut realm, caller, [a, b]) = timed([true, false]);
    realm.advance(ms(60));
    let first = realm.invocation(a);
    realm.say(a, unavailable(first.request));
    let request = realm.invocation(b).request;
    realm.say(b, Yield { request, options: with("progress", true), payload: json("[]") });
    realm.result(caller);
    realm.advance(ms(99));
    assert!(realm.received(caller).is_empty());
    realm.advance(ms(1));
    assert_eq!(realm.error(caller).error, reason::TIMEOUT);
}

#[test]
fn a_single_callee_that_is_not_available_leaves_none() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.work", none());
    realm.call(caller, 5, "com.work", none());
    let request = realm.invocation(callee).request;
    realm.say(callee, unavailable(request));
    assert_no_callee(&mut realm, caller);
}

#[test]
fn the_error_of_a_callee_that_did_not_announce_it_is_the_callers() {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callees = [&["call_canceling"][..], EVERYTHING].map(|features| realm.join_with(hello_details(features)));
    for callee in callees {
        realm.register(callee, "com.work", with("invoke", "first"));
    }
    realm.call(caller, 5, "com.work", none());
    let request = realm.invocation(callees[0]).request;
    realm.say(callees[0], unavailable(request));
    assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
    assert!(realm.received(callees[1]).is_empty());
}

#[test]
fn a_call_that_has_begun_stays_where_it_is() {
    let (mut realm, caller, callees) = called("first", with("receive_progress", true));
    let (_, invocation) = holder(&mut realm, &callees);
    let progress = Yield { request: invocation.request, options: with("progress", true), payload: json("[1]") };
    realm.say(callees[0], progress);
    realm.result(caller);
    realm.say(callees[0], unavailable(invocation.request));
    assert_no_callee(&mut realm, caller);

    let (mut realm, caller, callees) = called("first", with("progress", true));
    realm.call(caller, 5, "com.work", none());
    let (_, invocation) = holder(&mut realm, &callees);
    realm.say(callees[0], unavailable(invocation.request));
    assert_no_callee(&mut realm, caller);
}

#[test]
fn a_first_piece_moves_on_and_the_others_follow_it() {
    let (mut realm, caller, callees) = called("first", with("progress", true));
    assert_eq!(asked(&mut realm, &callees, 1), [0]);
    assert_eq!(holder(&mut realm, &callees).0, 1);
    realm.call(caller, 5, "com.work", none());
    let (at, last) = holder(&mut realm, &callees);
    assert_eq!((at, last.details), (1, none()));
}

#[test]
fn a_canceled_call_is_not_taken_to_others() {
    let (mut realm, caller, callees) = called("first", none());
    let (_, invocation) = holder(&mut realm, &callees);
    realm.say(caller, Cancel { request: id(5), options: with("mode", "kill") });
    realm.interrupt(callees[0]);
    realm.say(callees[0], unavailable(invocation.request));
    assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
    assert!(realm.received(callees[1]).is_empty());
}

#[test]
fn only_so_much_is_kept_for_other_callees() {
    let limits = Limits { kept_call_bytes: 600, ..Limits::default() };
    let config = || RealmConfig { limits, ..RealmConfig::open("realm1") };
    let (mut realm, caller, callees) = called_in(Realm::with(config()), "first", none());
    assert_eq!(asked(&mut realm, &callees, 2), [0, 1]);
    holder(&mut realm, &callees);
    for request in 6..20 {
        realm.call(caller, request, "com.work", none());
    }
    let invocations = realm.received(callees[0]);
    let Some(Message::Invocation(last)) = invocations.last() else { panic!("no INVOCATION") };
    realm.say(callees[0], unavailable(last.request));
    assert_eq!(realm.error(caller).error, reason::NO_AVAILABLE_CALLEE);
    // What is over makes room again.
    for invocation in &invocations {
        let Message::Invocation(invocation) = invocation else { panic!("no INVOCATION") };
        realm.answer(callees[0], invocation.request, "[]");
    }
    realm.received(caller);
    realm.call(caller, 30, "com.work", none());
    assert_eq!(asked(&mut realm, &callees, 2), [0, 1]);
}

#[test]
fn a_callee_that_came_after_the_call_is_available_for_it() {
    let mut realm = Realm::new();
    let [caller, busy, free] = std::array::from_fn(|_| realm.join());
    realm.register(busy, "com.work", with("invoke", "first"));
    realm.call(caller, 5, "com.work", none());
    let first = realm.invocation(busy).request;
    realm.register(free, "com.work", with("invoke", "first"));
    realm.say(busy, unavailable(first));
    let second = realm.invocation(free).request;
    realm.answer(free, second, "[1]");
    assert_eq!(values(&realm.result(caller).payload), [1.into()]);
}

#[test]
fn the_details_that_are_kept_count_as_well() {
    let limits = Limits { kept_call_bytes: 2000, ..Limits::default() };
    let mut realm = Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    let [caller, first, second] = std::array::from_fn(|_| realm.join());
    for callee in [first, second] {
        realm.register(callee, "com.", with("invoke", "first").with("match", "prefix"));
    }
    realm.call(caller, 5, &format!("com.{}", "x".repeat(3000)), none());
    let invocation = realm.invocation(first).request;
    realm.say(first, unavailable(invocation));
    assert_no_callee(&mut realm, caller);
}
