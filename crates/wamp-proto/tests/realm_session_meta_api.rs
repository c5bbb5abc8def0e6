//! Session Meta API.
#![allow(clippy::unwrap_used, clippy::panic)]

mod realm_harness;

use realm_harness::*;

use wamp_proto::router::{MetaApi, RealmConfig, Stats};

fn realm() -> Realm {
    let meta = MetaApi { session: true, ..MetaApi::default() };
    Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") })
}

fn details(session: Id, authid: &str, authrole: &str) -> Value {
    let details = with("session", session).with("authid", authid).with("authrole", authrole);
    details.with("authmethod", "test").with("authprovider", "test").into()
}

fn goodbye(reason: &str, details: Dict) -> Message {
    Goodbye { details, reason: reason.into() }.into()
}

#[test]
fn session_meta_api() {
    let mut realm = realm();
    let watcher = realm.join_as("watcher", "staff");
    let by_pattern = realm.join_as("nosy", "staff");
    realm.subscribe(watcher, "wamp.session.on_join", none());
    realm.subscribe(watcher, "wamp.session.on_leave", none());
    realm.subscribe(by_pattern, "wamp.session.", with("match", "prefix"));

    let guest = realm.join_as("gina", "guest");
    let [join] = realm.events(watcher).try_into().unwrap();
    assert_eq!((values(&join.payload), join.details), (vec![details(guest, "gina", "guest")], none()));
    let [join] = realm.events(by_pattern).try_into().unwrap();
    assert_eq!(join.details, with("topic", "wamp.session.on_join"));

    let all = realm.meta(guest, "wamp.session.list", &[]);
    let mut expected = vec![watcher, by_pattern, guest];
    expected.sort();
    assert_eq!(all, [expected.into()]);
    assert_eq!(realm.meta(guest, "wamp.session.count", &[]), [3.into()]);
    let staff = Value::from(vec!["staff"]);
    assert_eq!(realm.meta(guest, "wamp.session.count", &[staff]), [2.into()]);
    assert_eq!(realm.meta(guest, "wamp.session.list", &[vec!["guest"].into()]), [vec![guest].into()]);
    assert_eq!(realm.meta(watcher, "wamp.session.get", &[guest.into()]), [details(guest, "gina", "guest")]);

    realm.leave(guest);
    let [leave] = realm.events(watcher).try_into().unwrap();
    assert_eq!(values(&leave.payload), [guest.into(), "gina".into(), "guest".into()]);
    assert_eq!(realm.meta_error(watcher, "wamp.session.get", &[guest.into()]), reason::NO_SUCH_SESSION);
}

#[test]
fn session_details_tell_of_the_transport() {
    let mut realm = realm();
    let transport = with("peer", "tcp4:127.0.0.1:4711").with("protocol", "wamp.2.json");
    let client = realm.join_over(transport.clone());
    let found = realm.meta(client, "wamp.session.get", &[client.into()]);
    assert_eq!(found[0].as_dict().unwrap().get("transport"), Some(&transport.into()));
}

#[test]
fn arguments_of_meta_procedures_are_checked() {
    let mut realm = realm();
    let client = realm.join();
    for (procedure, argument) in [
        ("wamp.session.get", Value::from("x")),
        ("wamp.session.get", 0.into()),
        ("wamp.session.get", Value::Null),
        ("wamp.session.count", "staff".into()),
        ("wamp.session.list", vec![1_u64].into()),
        ("wamp.session.kill", with("a", 1_u64).into()),
        ("wamp.session.kill_by_authid", 7.into()),
        ("wamp.session.kill_by_authrole", Value::Null),
    ] {
        assert_eq!(realm.meta_error(client, procedure, &[argument]), reason::INVALID_ARGUMENT, "{procedure}");
    }
    for procedure in ["wamp.session.get", "wamp.session.kill", "wamp.session.kill_by_authid"] {
        assert_eq!(realm.meta_error(client, procedure, &[]), reason::INVALID_ARGUMENT, "{procedure}");
    }
}

#[test]
fn a_killed_session_hears_why_and_the_others_that_it_left() {
    let mut realm = realm();
    let [killer, watcher, victim] = std::array::from_fn(|_| realm.join());
    realm.subscribe(watcher, "wamp.session.on_leave", none());
    realm.subscribe(victim, "com.topic", none());
    let kwargs = with("reason", "com.myapp.reason").with("message", "go away");
    realm.say(killer, meta_call("wamp.session.kill", &[victim.into()], Some(kwargs)));
    assert!(realm.result(killer).payload.is_empty());
    assert_eq!(realm.one(victim), goodbye("com.myapp.reason", with("message", "go away")));
    assert_eq!(values(&realm.events(watcher)[0].payload)[0], victim.into());
    assert!(!realm.is_closed(victim));
    assert_eq!(realm.machine.stats(), Stats { sessions: 3, subscriptions: 1, ..Stats::default() });
    assert_eq!(realm.meta_error(killer, "wamp.session.kill", &[victim.into()]), reason::NO_SUCH_SESSION);
    assert_eq!(realm.meta(killer, "wamp.session.count", &[]), [2.into()]);

    realm.say(victim, goodbye(reason::GOODBYE_AND_OUT, none()));
    assert!(realm.is_closed(victim) && realm.received(victim).is_empty() && realm.received(watcher).is_empty());
    assert_eq!(realm.machine.next_deadline(), None);
}

#[test]
fn a_killed_session_that_does_not_answer_is_closed() {
    let mut realm = realm();
    let [killer, victim] = std::array::from_fn(|_| realm.join());
    realm.meta(killer, "wamp.session.kill", &[victim.into()]);
    assert_eq!(realm.one(victim), goodbye(reason::NORMAL, none()));
    realm.advance(ms(4999));
    assert!(!realm.is_closed(victim));
    realm.advance(ms(1));
    assert!(realm.is_closed(victim));
    assert_eq!((realm.machine.stats().sessions, realm.machine.next_deadline()), (1, None));
}

/// In JSON it would be binary data.
#[test]
fn a_name_stays_a_text_in_every_format_that_knows_one() {
    let mut realm = realm();
    let watcher = realm.join();
    realm.subscribe(watcher, "wamp.session.on_join", none());
    let client = realm.join_as("\0AAE=", "guest");
    let payload = &realm.events(watcher)[0].payload;
    for format in [Serializer::MsgPack, Serializer::Cbor] {
        let args = values(&payload.to(format).unwrap());
        assert_eq!(args, [details(client, "\0AAE=", "guest")], "{format:?}");
    }
}

#[test]
fn nobody_can_kill_itself() {
    let mut realm = realm();
    let killer = realm.join_as("kim", "staff");
    let error = realm.meta_error(killer, "wamp.session.kill", &[killer.into()]);
    assert_eq!(error, reason::NO_SUCH_SESSION);
    assert_eq!(realm.meta(killer, "wamp.session.kill_by_authid", &["kim".into()]), [Value::List(vec![])]);
    assert_eq!(realm.meta(killer, "wamp.session.kill_by_authrole", &["staff".into()]), [0.into()]);
    assert_eq!(realm.meta(killer, "wamp.session.kill_all", &[]), [0.into()]);
    assert_eq!(realm.machine.stats().sessions, 1);
}

#[test]
fn sessions_are_killed_by_authid_and_authrole() {
    let mut realm = realm();
    let killer = realm.join_as("kim", "staff");
    let [a, b] = [realm.join_as("gus", "guest"), realm.join_as("gus", "staff")];
    let [c, d] = [realm.join_as("pam", "guest"), realm.join_as("pam", "staff")];
    realm.subscribe(d, "wamp.session.on_leave", none());
    let mut both = vec![a, b];
    both.sort();
    assert_eq!(realm.meta(killer, "wamp.session.kill_by_authid", &["gus".into()]), [both.into()]);
    assert_eq!(realm.events(d).len(), 2);
    assert_eq!(realm.meta(killer, "wamp.session.kill_by_authrole", &["guest".into()]), [1.into()]);
    assert_eq!(realm.events(d).len(), 1);
    for victim in [a, b, c] {
        assert_eq!(realm.one(victim), goodbye(reason::NORMAL, none()));
    }
    assert_eq!(realm.meta(killer, "wamp.session.list", &[vec!["guest"].into()]), [Value::List(vec![])]);
}

#[test]
fn killing_all_leaves_the_caller_alone_and_unmoved() {
    let mut realm = realm();
    let [killer, a, b] = std::array::from_fn(|_| realm.join());
    for client in [killer, a] {
        realm.subscribe(client, "wamp.session.on_leave", none());
    }
    assert_eq!(realm.meta(killer, "wamp.session.kill_all", &[]), [2.into()]);
    for victim in [a, b] {
        assert_eq!(realm.one(victim), goodbye(reason::NORMAL, none()));
    }
    assert!(realm.received(killer).is_empty());
}

#[test]
fn a_reason_for_killing_is_a_uri() {
    let mut realm = realm();
    let [killer, victim] = std::array::from_fn(|_| realm.join());
    for (reason, error) in [("", reason::INVALID_URI), ("a..b", reason::INVALID_URI), ("no uri", reason::INVALID_URI)] {
        for procedure in ["kill", "kill_by_authid", "kill_by_authrole", "kill_all"] {
            let argument = if procedure == "kill" { victim.into() } else { Value::from("x") };
            let procedure = format!("wamp.session.{procedure}");
            realm.say(killer, meta_call(&procedure, &[argument], Some(with("reason", reason))));
            assert_eq!(realm.error(killer).error, error, "{procedure}");
        }
    }
    assert!(realm.received(victim).is_empty());
}

#[test]
fn a_switched_off_group_has_no_procedures_and_no_events() {
    let mut realm = Realm::new();
    let [watcher, other] = std::array::from_fn(|_| realm.join());
    realm.subscribe(watcher, "wamp.session.", with("match", "prefix"));
    for procedure in ["wamp.session.count", "wamp.session.kill_all", "wamp.x.y", "wamp.session", "wamp"] {
        assert_eq!(realm.meta_error(other, procedure, &[]), reason::NO_SUCH_PROCEDURE, "{procedure}");
    }
    realm.leave(other);
    assert!(realm.received(watcher).is_empty());
}

#[test]
fn welcome_announces_what_is_switched_on() {
    for on in [false, true] {
        let meta = MetaApi { session: on, ..MetaApi::default() };
        let mut realm = Realm::with(RealmConfig { meta, ..RealmConfig::open("realm1") });
        for role in ["broker", "dealer"] {
            assert_eq!(realm.features(role).flag("session_meta_api"), on);
        }
    }
}

#[test]
fn a_reason_to_kill_is_a_uri() {
    let mut realm = realm();
    let [killer, victim] = std::array::from_fn(|_| realm.join());
    for reason in [Value::from(5), "a b".into(), "".into()] {
        let call = meta_call("wamp.session.kill", &[victim.into()], Some(with("reason", reason)));
        realm.say(killer, call);
        assert_eq!(realm.error(killer).error, reason::INVALID_URI);
    }
    assert!(realm.received(victim).is_empty());
}
