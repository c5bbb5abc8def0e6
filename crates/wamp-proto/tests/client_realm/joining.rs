//! Coming and going.

use wamp_proto::auth::wampcra::{self, Salting, User};
use wamp_proto::client::{ClientMachine, Notice, Settings, State};
use wamp_proto::router::{Authenticators, RealmConfig};
use wamp_proto::{Dict, Instant};

use crate::world::{World, settings};

#[test]
fn clients_of_both_formats_join_and_leave() {
    let mut world = World::of(2);
    for n in 0..2 {
        assert_eq!((world.client(n).role("broker"), world.client(n).role("dealer")), (Some(true), Some(true)));
        assert_eq!(world.realm.stats().sessions, 2 - n);
        world.tell(n, ClientMachine::disconnect);
        assert_eq!(world.heard(n), ["closed"]);
    }
    assert_eq!(world.realm.stats().sessions, 0);
}

#[test]
fn a_realm_that_is_not_served_is_an_error_each_time() {
    let mut world = World::new();
    let n = world.add(Settings { realm: Some("nowhere".into()), max_retries: 1, ..settings() });
    world.tell(n, ClientMachine::connect);
    world.wait(10_000);
    let heard = world.heard(n);
    assert!(heard.len() == 4 && heard[0].starts_with("error wamp.error.no_such_realm: "), "{heard:?}");
    assert_eq!((&heard[2], heard[1].as_str(), heard[3].as_str()), (&heard[0], "reconnecting 1", "closed"));
}

#[test]
fn when_the_router_shuts_down_everybody_is_closed_for_good() {
    let mut world = World::of(3);
    world.realm.shutdown(world.now);
    world.settle();
    world.wait(60_000);
    for n in 0..3 {
        assert_eq!(world.heard(n), ["closed"]);
    }
    assert_eq!(world.realm.stats().sessions, 0);
}

#[test]
fn aborting_before_the_answer_leaves_no_session_behind() {
    let mut world = World::new();
    let n = world.add(settings());
    world.tell(n, |client, now: Instant| {
        client.connect(now);
        client.disconnect(now);
    });
    assert_eq!(world.heard(n), ["closed"]);
    assert_eq!(world.realm.stats().sessions, 0);
}

fn with_users() -> World {
    let salting = Salting { salt: "salt123".into(), iterations: 10, keylen: 32 };
    let key = wampcra::derive_key("secret2", &salting).unwrap();
    let users = [
        ("peter", User { role: "user".into(), secret: "secret1".into(), salting: None }),
        ("paula", User { role: "admin".into(), secret: key, salting: Some(salting) }),
    ];
    let auth = Authenticators { wampcra: users.into_iter().collect(), ..Authenticators::default() };
    World::with(RealmConfig::open("realm1").with_auth(auth))
}

fn log_in(world: &mut World, authid: &str, secret: &str) -> usize {
    let details = settings().details.with("authid", authid).with("authmethods", vec!["wampcra"]);
    let n = world.add(Settings { details, max_retries: 0, ..settings() });
    world.tell(n, ClientMachine::connect);
    let challenge = world.tell(n, |client, _| client.poll_notice());
    let Some(Notice::Challenge { method, extra }) = challenge else { panic!("{challenge:?}") };
    assert_eq!(method, "wampcra");
    let signature = wampcra::sign(secret, &extra).unwrap();
    world.tell(n, |client, now| client.authenticate(signature, Dict::new(), now));
    n
}

#[test]
fn wamp_cra_with_and_without_salt() {
    let mut world = with_users();
    for (authid, secret, role) in [("peter", "secret1", "user"), ("paula", "secret2", "admin")] {
        let n = log_in(&mut world, authid, secret);
        assert_eq!(world.heard(n), ["connected"]);
        assert_eq!(world.client(n).welcome_details().unwrap().str("authrole").unwrap(), role);
    }
}

#[test]
fn a_wrong_secret_is_refused() {
    let mut world = with_users();
    let n = log_in(&mut world, "peter", "wrong");
    let heard = world.heard(n);
    assert!(heard.len() == 2 && heard[0].starts_with("error wamp.error.") && heard[1] == "closed", "{heard:?}");
    assert_eq!(world.client(n).state(), State::Idle);
}

#[test]
fn a_challenge_that_the_program_cannot_answer_is_given_up() {
    let mut world = with_users();
    let details = settings().details.with("authid", "peter").with("authmethods", vec!["wampcra"]);
    let n = world.add(Settings { details, max_retries: 0, ..settings() });
    world.tell(n, ClientMachine::connect);
    assert_eq!(world.heard(n), ["challenge wampcra"]);
    world.tell(n, |client, now| client.refuse_challenge("no", now));
    assert_eq!(world.heard(n), ["closed"]);
}
