//! Shared Registration.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

/// Which of three callees gets each of six calls.
fn served(invoke: &str) -> (Realm, Id, [Id; 3], Vec<usize>) {
    let mut realm = Realm::new();
    let caller = realm.join();
    let callees = std::array::from_fn(|_| realm.join());
    let ids = callees.map(|callee| realm.register(callee, "com.work", with("invoke", invoke)));
    assert!(ids.iter().all(|registration| *registration == ids[0]));
    let order = (1..=6).map(|request| who(&mut realm, caller, &callees, request)).collect();
    (realm, caller, callees, order)
}

fn who(realm: &mut Realm, caller: Id, callees: &[Id], request: u64) -> usize {
    realm.call(caller, request, "com.work", none());
    let got: Vec<usize> = (0..callees.len()).filter(|n| !realm.received(callees[*n]).is_empty()).collect();
    assert_eq!(got.len(), 1);
    got[0]
}

#[test]
fn roundrobin_takes_turns_and_keeps_the_turn_when_somebody_leaves() {
    let (mut realm, caller, [a, b, c], order) = served("roundrobin");
    assert_eq!(order, [0, 1, 2, 0, 1, 2]);
    assert_eq!(who(&mut realm, caller, &[a, b, c], 7), 0);
    realm.leave(a);
    realm.received(caller);
    let rest: Vec<usize> = (8..12).map(|request| who(&mut realm, caller, &[b, c], request)).collect();
    assert_eq!(rest, [0, 1, 0, 1]);
}

#[test]
fn first_and_last_have_a_stand_by() {
    let (mut realm, caller, [a, b, c], order) = served("first");
    assert_eq!(order, [0; 6]);
    realm.leave(a);
    realm.received(caller);
    assert_eq!(who(&mut realm, caller, &[b, c], 7), 0);

    let (mut realm, caller, [a, b, c], order) = served("last");
    assert_eq!(order, [2; 6]);
    realm.leave(c);
    realm.received(caller);
    assert_eq!(who(&mut realm, caller, &[a, b], 7), 1);
}

#[test]
fn random_reaches_everybody() {
    let (mut realm, caller, callees, _) = served("random");
    let mut counts = [0; 3];
    for request in 7..307 {
        counts[who(&mut realm, caller, &callees, request)] += 1;
    }
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[test]
fn a_single_registration_is_not_shared() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    for options in [none(), with("invoke", "single")] {
        let registration = realm.register(a, "com.work", options.clone());
        for again in [none(), with("invoke", "single"), with("invoke", "roundrobin")] {
            assert_eq!(realm.register_error(b, "com.work", again), reason::PROCEDURE_ALREADY_EXISTS);
        }
        assert_eq!(realm.register_error(a, "com.work", options), reason::PROCEDURE_ALREADY_EXISTS);
        realm.say(a, Unregister { request: id(2), registration });
        realm.received(a);
    }
    realm.register(b, "com.work", none());
}

#[test]
fn the_first_callee_decides_the_policy() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    realm.register(a, "com.work", with("invoke", "roundrobin"));
    for other in [none(), with("invoke", "random"), with("invoke", "single")] {
        assert_eq!(realm.register_error(b, "com.work", other), reason::PROCEDURE_EXISTS_WITH_DIFFERENT_POLICY);
    }
    let again = with("invoke", "roundrobin");
    assert_eq!(realm.register_error(a, "com.work", again), reason::PROCEDURE_ALREADY_EXISTS);
    assert_eq!(realm.register_error(b, "com.other", with("invoke", "everybody")), reason::INVALID_ARGUMENT);
}

#[test]
fn policies_hold_per_match_policy() {
    let mut realm = Realm::new();
    let [a, b] = std::array::from_fn(|_| realm.join());
    let exact = realm.register(a, "com.work", none());
    assert_ne!(realm.register(b, "com.work", with("match", "prefix")), exact);
}
