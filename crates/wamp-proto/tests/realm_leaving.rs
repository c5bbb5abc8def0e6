//! Sessions that end: what becomes of everything they had.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{RealmConfig, Stats};

fn goodbye() -> Goodbye {
    Goodbye { details: none(), reason: reason::CLOSE_REALM.into() }
}

#[test]
fn a_callee_that_leaves_fails_its_open_calls() {
    let mut realm = Realm::new();
    let [a, b, callee] = std::array::from_fn(|_| realm.join());
    realm.register(callee, "com.slow", none());
    realm.call(a, 1, "com.slow", none());
    realm.call(a, 2, "com.slow", none());
    realm.call(b, 1, "com.slow", with("timeout", 1000_u64));
    realm.leave(callee);
    let requests: Vec<Message> = realm.received(a);
    assert_eq!(requests.len(), 2);
    for message in requests.into_iter().chain(realm.received(b)) {
        let Message::Error(error) = message else { panic!("{message:?}") };
        assert_eq!((error.request_type, error.error), (48, reason::CANCELED.into()));
    }
    let expected = Stats { sessions: 2, ..Stats::default() };
    assert_eq!((realm.machine.stats(), realm.machine.next_deadline()), (expected, None));
    realm.call(a, 3, "com.slow", none());
    assert_eq!(realm.error(a).error, reason::NO_SUCH_PROCEDURE);
}

#[test]
fn a_caller_that_leaves_interrupts_its_open_invocations() {
    let mut realm = Realm::new();
    let [caller, able] = std::array::from_fn(|_| realm.join());
    let unable = realm.join_with(hello_details(&[]));
    realm.register(able, "com.able", none());
    realm.register(unable, "com.unable", none());
    realm.call(caller, 1, "com.able", with("timeout", 1000_u64));
    realm.call(caller, 2, "com.unable", none());
    let invocation = realm.invocation(able).request;
    realm.invocation(unable);
    realm.leave(caller);
    let interrupt = realm.interrupt(able);
    assert_eq!(interrupt.request, invocation);
    assert_eq!(interrupt.options.str("mode").unwrap(), "killnowait");
    assert!(realm.received(unable).is_empty());
    assert_eq!((realm.machine.stats().open_calls, realm.machine.next_deadline()), (0, None));
    realm.answer(able, invocation, "[1]");
    realm.answer(unable, id(1), "[1]");
    assert!(!realm.is_closed(able) && !realm.is_closed(unable));
}

#[test]
fn a_session_that_calls_itself_leaves_in_silence() {
    let mut realm = Realm::new();
    let client = realm.join();
    realm.register(client, "com.self", none());
    realm.subscribe(client, "com.topic", none());
    realm.call(client, 1, "com.self", with("timeout", 1000_u64));
    realm.invocation(client);
    realm.leave(client);
    assert_eq!(realm.machine.stats(), Stats::default());
    assert!(realm.received(client).is_empty());
}

#[test]
fn goodbye_is_answered_and_ends_the_session() {
    let mut realm = Realm::new();
    let [client, other] = std::array::from_fn(|_| realm.join());
    realm.subscribe(client, "com.topic", none());
    realm.say(client, goodbye());
    assert_eq!(
        realm.one(client),
        Message::Goodbye(Goodbye { details: none(), reason: reason::GOODBYE_AND_OUT.into() })
    );
    assert!(realm.is_closed(client));
    realm.say(client, goodbye());
    realm.leave(client);
    realm.publish(other, "com.topic", none());
    assert!(realm.received(client).is_empty());
    assert_eq!(realm.machine.stats(), Stats { sessions: 1, ..Stats::default() });
}

#[test]
fn abort_ends_the_session_without_an_answer() {
    let mut realm = Realm::new();
    let client = realm.join();
    realm.say(client, Abort { details: none(), reason: "wamp.error.abort".into() });
    assert!(realm.received(client).is_empty() && realm.is_closed(client));
    assert_eq!(realm.machine.stats(), Stats::default());
}

#[test]
fn a_shutdown_says_goodbye_to_all_and_waits_for_their_answers() {
    let mut realm = Realm::new();
    let [a, b, c] = std::array::from_fn(|_| realm.join());
    realm.register(b, "com.slow", none());
    realm.subscribe(c, "com.topic", none());
    realm.call(a, 1, "com.slow", with("timeout", 5_u64));
    realm.received(b);
    realm.machine.shutdown(realm.now);
    realm.collect();
    for client in [a, b, c] {
        let Message::Goodbye(goodbye) = realm.one(client) else { panic!("no GOODBYE") };
        assert_eq!(goodbye.reason, reason::SYSTEM_SHUTDOWN);
        assert!(!realm.is_closed(client));
    }
    assert_eq!(realm.machine.stats(), Stats { sessions: 3, ..Stats::default() });

    realm.answer(b, id(1), "[1]");
    realm.publish(a, "com.topic", with("acknowledge", true));
    realm.advance(ms(10));
    assert!([a, b, c].into_iter().all(|client| realm.received(client).is_empty()));

    realm.say(a, goodbye());
    assert!(realm.is_closed(a) && realm.received(a).is_empty());
    realm.leave(b);
    realm.leave(c);
    assert_eq!(realm.machine.stats(), Stats::default());
}

#[test]
fn ids_are_random_where_the_specification_says_so() {
    let mut realm = Realm::with(RealmConfig::open("realm1"));
    let sessions: Vec<u64> = (0..64).map(|_| realm.join().get()).collect();
    assert!(sessions.iter().any(|id| *id > 1 << 50), "drawn from the whole range");
    assert!(sessions.windows(2).any(|pair| pair[0] > pair[1]), "not counted");
}
