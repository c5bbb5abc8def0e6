//! Progressive Call Invocations.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{Limits, RealmConfig};

fn piece(request: u64, progress: bool, args: &str) -> Call {
    Call { payload: json(args), ..call(request, "com.upload", with("progress", progress)) }
}

/// The first piece of call 5 has arrived.
fn begun(options: Dict) -> (Realm, Id, Id, Invocation) {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.upload", none());
    realm.call(caller, 5, "com.upload", options.with("progress", true));
    let invocation = realm.invocation(callee);
    assert_eq!(invocation.request, id(1));
    (realm, caller, callee, invocation)
}

fn progress(args: &str) -> Yield {
    Yield { request: id(1), options: with("progress", true), payload: json(args) }
}

#[track_caller]
fn assert_ignored(realm: &mut Realm, caller: Id, callee: Id) {
    for more in [true, false] {
        realm.say(caller, piece(5, more, "[9]"));
        assert!(realm.received(callee).is_empty() && realm.received(caller).is_empty());
    }
    assert_eq!(realm.machine.stats().open_calls, 0);
}

#[test]
fn pieces_arrive_in_order_under_one_id_and_the_last_says_so() {
    let (mut realm, caller, callee, first) = begun(none());
    assert_eq!((first.details.clone(), first.payload.clone()), (with("progress", true), json("[1]")));
    for args in ["[2]", "[3]"] {
        realm.say(caller, piece(5, true, args));
    }
    realm.say(caller, piece(5, false, "[4]"));
    let expected = [("[2]", with("progress", true)), ("[3]", with("progress", true)), ("[4]", none())]
        .map(|(args, details)| Message::from(Invocation { details, payload: json(args), ..first.clone() }));
    assert_eq!(realm.received(callee), expected);
    realm.answer(callee, id(1), "[10]");
    assert_eq!(realm.result(caller), CallResult { request: id(5), details: none(), payload: json("[10]") });
    assert_ignored(&mut realm, caller, callee);
}

#[test]
fn results_and_pieces_go_their_ways_at_the_same_time() {
    let (mut realm, caller, callee, first) = begun(with("receive_progress", true));
    assert_eq!(first.details, with("receive_progress", true).with("progress", true));
    for args in ["[1]", "[2]"] {
        realm.say(callee, progress(args));
        assert_eq!(realm.result(caller).payload, json(args));
        realm.say(caller, piece(5, true, args));
        assert_eq!(realm.invocation(callee).payload, json(args));
    }
    realm.answer(callee, id(1), "[3]");
    assert_eq!(realm.result(caller).details, none());
    assert_ignored(&mut realm, caller, callee);
}

#[test]
fn the_options_of_the_first_piece_hold_for_all() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.up", with("match", "prefix"));
    let options = with("disclose_me", true).with("receive_progress", true).with("progress", true);
    realm.call(caller, 5, "com.upload", options);
    let first = realm.invocation(callee);
    assert_eq!(first.details.u64("caller"), Some(caller.get()));
    assert_eq!(first.details.str("procedure").unwrap(), "com.upload");
    realm.say(caller, piece(5, true, "[2]"));
    assert_eq!(realm.invocation(callee).details, first.details);
    let other = with("disclose_me", false).with("receive_progress", false).with("timeout", 1_u64);
    realm.call(caller, 5, "com.upload", other);
    let mut expected = first.details;
    expected.remove("progress");
    assert_eq!(realm.invocation(callee).details, expected);
    assert_eq!(realm.machine.next_deadline(), None);
}

#[test]
fn all_pieces_go_to_one_callee_of_a_shared_registration() {
    let mut realm = Realm::new();
    let [caller, a, b] = std::array::from_fn(|_| realm.join());
    for callee in [a, b] {
        realm.register(callee, "com.upload", with("invoke", "roundrobin"));
    }
    for request in [1, 2] {
        realm.say(caller, piece(request, true, "[1]"));
    }
    for request in [2, 1, 2, 1] {
        realm.say(caller, piece(request, true, &format!("[{request}]")));
    }
    for (callee, args) in [(a, "[1]"), (b, "[2]")] {
        let payloads: Vec<Payload> =
            realm.received(callee).iter().skip(1).map(|message| message.payload().unwrap().clone()).collect();
        assert_eq!(payloads, [json(args), json(args)]);
    }
}

#[test]
fn a_call_goes_on_though_its_callee_has_unregistered() {
    let (mut realm, caller, callee, first) = begun(none());
    realm.say(callee, Unregister { request: id(2), registration: first.registration });
    realm.received(callee);
    realm.say(caller, piece(5, false, "[2]"));
    assert_eq!(realm.invocation(callee).registration, first.registration);
}

#[test]
fn pieces_after_the_end_of_a_call_are_ignored() {
    let error =
        || Error { request_type: 68, request: id(1), details: none(), error: "com.e".into(), payload: json("[]") };
    let cancel = |mode| Cancel { request: id(5), options: with("mode", mode) };
    let ends: [fn(&mut Realm, Id, Id, Message); 2] = [
        |realm, caller, _, message| realm.say(caller, message),
        |realm, _, callee, message| realm.say(callee, message),
    ];
    for (end, message) in [(0, cancel("skip").into()), (0, cancel("killnowait").into()), (1, Message::from(error()))] {
        let (mut realm, caller, callee, _) = begun(none());
        ends[end](&mut realm, caller, callee, message);
        realm.error(caller);
        realm.received(callee);
        assert_ignored(&mut realm, caller, callee);
    }
}

#[test]
fn pieces_of_a_call_that_failed_at_once_are_ignored() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.say(caller, piece(5, true, "[1]"));
    assert_eq!(realm.error(caller).error, reason::NO_SUCH_PROCEDURE);
    realm.register(callee, "com.upload", none());
    assert_ignored(&mut realm, caller, callee);
    realm.say(caller, piece(6, true, "[1]"));
    assert_eq!(realm.invocation(callee).request, id(1));
}

#[test]
fn a_call_that_is_killed_gets_no_more_pieces_and_one_answer() {
    let (mut realm, caller, callee, _) = begun(none());
    realm.say(caller, Cancel { request: id(5), options: with("mode", "kill") });
    assert_eq!(realm.interrupt(callee).request, id(1));
    realm.say(caller, piece(5, true, "[2]"));
    realm.say(caller, piece(5, false, "[3]"));
    assert!(realm.received(callee).is_empty());
    realm.answer(callee, id(1), "[4]");
    assert_eq!(realm.result(caller).payload, json("[4]"));
    assert_ignored(&mut realm, caller, callee);
}

#[test]
fn the_time_limit_counts_from_the_first_piece() {
    let (mut realm, caller, callee, _) = begun(with("timeout", 100_u64));
    realm.advance(ms(99));
    realm.say(caller, piece(5, true, "[2]"));
    realm.received(callee);
    realm.advance(ms(1));
    assert_eq!(realm.error(caller).error, reason::TIMEOUT);
    assert_eq!(realm.interrupt(callee).options.str("mode").unwrap(), "killnowait");
    assert_ignored(&mut realm, caller, callee);
}

#[test]
fn a_caller_that_leaves_stops_its_callee_and_a_callee_that_leaves_ends_the_call() {
    let (mut realm, caller, callee, _) = begun(none());
    realm.leave(caller);
    assert_eq!(realm.interrupt(callee).options.str("mode").unwrap(), "killnowait");

    let (mut realm, caller, callee, _) = begun(none());
    realm.leave(callee);
    assert_eq!(realm.error(caller).error, reason::CANCELED);
    realm.say(caller, piece(5, false, "[2]"));
    assert!(realm.received(caller).is_empty());
}

#[test]
fn a_piece_that_does_not_arrive_stops_the_callee_and_fails_the_call() {
    let (mut realm, caller, callee, _) = begun(none());
    realm.say(caller, piece(5, true, "[2]"));
    let lost = realm.one(callee);
    realm.machine.undeliverable(callee, &lost);
    realm.collect();
    assert_eq!(realm.error(caller).error, reason::UNAVAILABLE);
    assert_eq!(realm.interrupt(callee).options.str("mode").unwrap(), "killnowait");
    assert_ignored(&mut realm, caller, callee);
}

#[test]
fn callees_without_the_feature_or_without_canceling_are_not_called() {
    for features in [&[][..], &["progressive_call_invocations"], &["call_canceling"]] {
        let mut realm = Realm::new();
        let [caller, callee] = [EVERYTHING, features].map(|features| realm.join_with(hello_details(features)));
        realm.register(callee, "com.upload", none());
        realm.say(caller, piece(5, true, "[1]"));
        assert_eq!(realm.error(caller).error, reason::FEATURE_NOT_SUPPORTED);
        assert_ignored(&mut realm, caller, callee);
    }
    let mut realm = Realm::new();
    let caller = realm.join();
    let callee = realm.join_with(hello_details(&["progressive_call_invocations", "call_cancelling"]));
    realm.register(callee, "com.upload", none());
    realm.say(caller, piece(5, true, "[1]"));
    realm.invocation(callee);
}

#[test]
fn a_caller_that_did_not_announce_it_breaks_the_protocol() {
    let mut realm = Realm::new();
    let caller = realm.join_with(hello_details_of(&[], EVERYTHING));
    realm.say(caller, piece(5, true, "[1]"));
    realm.assert_aborted(caller);
}

#[test]
fn what_is_complete_or_of_another_procedure_breaks_the_protocol() {
    let (mut realm, caller, callee, _) = begun(none());
    realm.say(caller, piece(5, false, "[2]"));
    realm.invocation(callee);
    realm.say(caller, piece(5, false, "[3]"));
    realm.assert_aborted(caller);
    realm.interrupt(callee);

    let (mut realm, caller, callee, _) = begun(none());
    realm.call(caller, 5, "com.other", with("progress", true));
    realm.assert_aborted(caller);
    realm.interrupt(callee);

    let (mut realm, caller, callee, _) = begun(none());
    realm.call(caller, 6, "com.upload", none());
    realm.received(callee);
    realm.say(caller, piece(6, true, "[2]"));
    realm.assert_aborted(caller);
    assert_eq!(realm.received(callee).len(), 2);
}

#[test]
fn pieces_of_many_calls_may_be_mixed_and_ids_go_back() {
    let (mut realm, caller, callee, _) = begun(none());
    realm.call(caller, 6, "com.upload", none());
    assert_eq!(realm.invocation(callee).request, id(2));
    realm.say(caller, piece(5, false, "[2]"));
    assert_eq!(realm.invocation(callee).request, id(1));
}

#[test]
fn the_routers_own_procedures_take_no_pieces_and_no_foreign_payloads() {
    let mut realm = Realm::new();
    let caller = realm.join();
    for (request, options) in [(1, with("progress", true)), (2, with("ppt_scheme", "x"))] {
        realm.call(caller, request, "wamp.session.count", options);
        assert_eq!(realm.error(caller).error, reason::FEATURE_NOT_SUPPORTED);
    }
}

#[test]
fn what_is_kept_for_further_pieces_is_bounded() {
    let limits = Limits { kept_call_bytes: 3000, ..Limits::default() };
    let mut realm = Realm::with(RealmConfig { limits, ..RealmConfig::open("realm1") });
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.", with("match", "prefix"));
    let procedure = format!("com.{}", "x".repeat(1000));
    let begin = |realm: &mut Realm, request| realm.call(caller, request, &procedure, with("progress", true));
    begin(&mut realm, 5);
    let first = realm.invocation(callee);
    begin(&mut realm, 6);
    let error = realm.error(caller);
    assert_eq!((error.request, error.error), (id(6), reason::NOT_AUTHORIZED.into()));
    realm.call(caller, 6, &procedure, none());
    assert!(
        realm.received(callee).is_empty() && realm.received(caller).is_empty(),
        "a piece of a call that has failed"
    );
    realm.call(caller, 7, &procedure, none());
    realm.answer(callee, first.request, "[]");
    realm.received(caller);
    realm.received(callee);
    begin(&mut realm, 8);
    realm.invocation(callee);
}
