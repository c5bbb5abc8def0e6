//! Pattern-based Registrations.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

#[test]
fn a_call_goes_to_the_best_match_and_tells_a_pattern_which_procedure_is_meant() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    let exact = realm.register(callee, "a1.b2.c3.d4.e55", none());
    let [short, long] = ["a1.b2.c3", "a1.b2.c3.d4"].map(|uri| realm.register(callee, uri, with("match", "prefix")));
    let wildcards = ["a1.b2..d4.e5", "a1.b2.x33..e5", "a1.b2..d4.e5..g7", "a1.b2..d4..f6.g7"];
    let wildcards = wildcards.map(|uri| realm.register(callee, uri, with("match", "wildcard")));
    let expected = [
        ("a1.b2.c3.d4.e55", exact),
        ("a1.b2.c3.d98.e74", short),
        ("a1.b2.c3.d4.e325", long),
        ("a1.b2.c33.d4.e5", short),
        ("a1.b2.c55.d4.e5", wildcards[0]),
        ("a1.b2.x33.d4.e5", wildcards[1]),
        ("a1.b2.c88.d4.e5.f6.g7", wildcards[2]),
    ];
    for (request, (procedure, registration)) in (1..).zip(expected) {
        realm.call(caller, request, procedure, none());
        let invocation = realm.invocation(callee);
        assert_eq!((invocation.request, invocation.registration), (id(request), registration), "{procedure}");
        assert_eq!(invocation.details, if registration == exact { none() } else { with("procedure", procedure) });
    }
    realm.call(caller, 99, "a2.b2.c2.d2.e2", none());
    assert_eq!(realm.error(caller).error, reason::NO_SUCH_PROCEDURE);
}

#[test]
fn the_next_best_takes_over_when_the_best_is_unregistered() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    let exact = realm.register(callee, "com.app.run", none());
    let prefix = realm.register(callee, "com", with("match", "prefix"));
    for (request, registration) in [(1, exact), (2, prefix)] {
        realm.call(caller, request, "com.app.run", none());
        assert_eq!(realm.invocation(callee).registration, registration);
        realm.say(callee, Unregister { request: id(5), registration });
        assert!(matches!(realm.one(callee), Message::Unregistered(done) if done.request == Some(id(5))));
    }
    realm.call(caller, 3, "com.app.run", none());
    assert_eq!(realm.error(caller).error, reason::NO_SUCH_PROCEDURE);
}

#[test]
fn no_pattern_catches_the_procedures_of_the_protocol() {
    let mut realm = Realm::new();
    let [caller, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "", with("match", "prefix"));
    realm.register(callee, "..", with("match", "wildcard"));
    realm.call(caller, 1, "wamp.session.count", none());
    assert_eq!(realm.error(caller).error, reason::NO_SUCH_PROCEDURE);
    assert!(realm.received(callee).is_empty());
}
