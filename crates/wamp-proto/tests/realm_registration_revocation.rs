//! Registration Revocation, by a callee that registers with `force_reregister`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

fn force() -> Dict {
    with("force_reregister", true)
}

#[track_caller]
fn assert_revoked(realm: &mut Realm, callee: Id, registration: Id) {
    let Message::Unregistered(revoked) = realm.one(callee) else { panic!("no UNREGISTERED") };
    assert_eq!(revoked.request, None);
    assert_eq!(revoked.details.u64("registration"), Some(registration.get()));
    assert!(revoked.details.str("reason").is_some());
}

#[track_caller]
fn assert_served_by(realm: &mut Realm, caller: Id, callee: Id) {
    realm.call(caller, 1, "com.work", none());
    let request = realm.invocation(callee).request;
    realm.answer(callee, request, "[]");
    realm.result(caller);
}

#[test]
fn force_reregister_takes_the_procedure_from_its_callee() {
    let mut realm = Realm::new();
    let [caller, old, new] = std::array::from_fn(|_| realm.join());
    let registration = realm.register(old, "com.work", none());
    let renewed = realm.register(new, "com.work", force());
    assert_ne!(renewed, registration);
    assert_revoked(&mut realm, old, registration);
    assert_served_by(&mut realm, caller, new);
    realm.say(old, Unregister { request: id(2), registration });
    assert_eq!(realm.error(old).error, reason::NO_SUCH_REGISTRATION);
    assert_eq!(realm.machine.stats().registrations, 1);
}

#[test]
fn a_callee_that_did_not_announce_revocation_hears_nothing_of_it() {
    let mut realm = Realm::new();
    let caller = realm.join();
    let [old, new] = [&[][..], EVERYTHING].map(|features| realm.join_with(hello_details(features)));
    realm.register(old, "com.work", none());
    realm.register(new, "com.work", force());
    assert!(realm.received(old).is_empty());
    assert_served_by(&mut realm, caller, new);
}

#[test]
fn all_callees_of_a_shared_registration_lose_it_and_its_policy_goes_with_them() {
    let mut realm = Realm::new();
    let [caller, a, b, new] = std::array::from_fn(|_| realm.join());
    let shared = || with("invoke", "roundrobin");
    let [registration, _] = [a, b].map(|callee| realm.register(callee, "com.work", shared()));
    realm.register(new, "com.work", force());
    for callee in [a, b] {
        assert_revoked(&mut realm, callee, registration);
        assert_eq!(realm.register_error(callee, "com.work", shared()), reason::PROCEDURE_ALREADY_EXISTS);
    }
    assert_served_by(&mut realm, caller, new);
}

#[test]
fn a_callee_may_take_its_own_procedure_anew() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    let registration = realm.register(callee, "com.work", none());
    realm.say(callee, Register { request: id(2), options: force(), procedure: "com.work".into() });
    let [Message::Unregistered(revoked), Message::Registered(registered)] = &realm.received(callee)[..] else {
        panic!("no UNREGISTERED and REGISTERED")
    };
    assert_eq!(revoked.details.u64("registration"), Some(registration.get()));
    assert_ne!(registered.registration, registration);
    assert_served_by(&mut realm, caller, callee);
}

#[test]
fn nothing_else_is_taken_by_force() {
    let mut realm = Realm::new();
    let [old, new] = std::array::from_fn(|_| realm.join());
    realm.register(old, "com.work", with("match", "prefix"));
    realm.register(old, "com.work.more", none());
    realm.register(new, "com.work", force());
    assert!(realm.received(old).is_empty());
    assert_eq!(realm.register_error(new, "wamp.work", force()), reason::INVALID_URI);
    assert_eq!(
        realm.register_error(new, "com.work", with("force_reregister", false)),
        reason::PROCEDURE_ALREADY_EXISTS
    );
}

#[test]
fn calls_under_way_are_answered_by_whom_they_went_to() {
    let mut realm = Realm::new();
    let [caller, old, new] = std::array::from_fn(|_| realm.join());
    realm.register(old, "com.work", none());
    realm.call(caller, 1, "com.work", none());
    realm.invocation(old);
    realm.register(new, "com.work", force());
    realm.received(old);
    realm.answer(old, id(1), "[42]");
    assert_eq!(realm.result(caller).payload, json("[42]"));
}
