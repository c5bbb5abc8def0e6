//! Any number of things at once: neither side ever accuses the other of breaking the protocol, and in the end both
//! agree on what there is.

use std::collections::HashSet;

use proptest::prelude::*;
use wamp_proto::client::{ClientMachine, Settings, State};

use crate::world::{World, args, none, options, settings};

const CLIENTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u64, bool),
    Unsubscribe(u64),
    Register(u64),
    Unregister(u64),
    Publish(u64),
    Call(u64, u16),
    Cancel(u64, &'static str),
    Yield(u64, bool),
    Fail(u64),
    Connect,
    Disconnect,
    Abort,
    Cut,
    Wait(u16),
    Hear,
    Reachable(bool),
    Slow(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let number = 1..4_u64;
    prop_oneof![
        4 => (number.clone(), any::<bool>()).prop_map(|(n, prefix)| Step::Subscribe(n, prefix)),
        2 => number.clone().prop_map(Step::Unsubscribe),
        4 => number.clone().prop_map(Step::Register),
        2 => number.clone().prop_map(Step::Unregister),
        4 => number.clone().prop_map(Step::Publish),
        6 => (number, 0..5000_u16).prop_map(|(n, limit)| Step::Call(n, limit)),
        2 => (1..30_u64, prop_oneof![Just("skip"), Just("kill"), Just("killnowait")])
            .prop_map(|(n, mode)| Step::Cancel(n, mode)),
        6 => (1..10_u64, any::<bool>()).prop_map(|(n, progress)| Step::Yield(n, progress)),
        2 => (1..10_u64).prop_map(Step::Fail),
        2 => Just(Step::Connect),
        1 => prop_oneof![Just(Step::Disconnect), Just(Step::Abort), Just(Step::Cut)],
        2 => any::<u16>().prop_map(|n| Step::Wait(n / 8)),
        4 => Just(Step::Hear),
        1 => prop_oneof![3 => Just(true), 1 => Just(false)].prop_map(Step::Reachable),
        4 => any::<bool>().prop_map(Step::Slow),
    ]
}

fn apply(world: &mut World, n: usize, step: Step) {
    match step {
        Step::Subscribe(k, prefix) => {
            let json = if prefix { r#"{"match":"prefix"}"# } else { "{}" };
            world.subscribe(n, 2 * k + u64::from(prefix), &format!("t{k}"), json);
        }
        Step::Unsubscribe(k) => _ = world.tell(n, |client, now| client.unsubscribe(2 * k, now)),
        Step::Register(k) => _ = world.register(n, k, &format!("p{k}"), r#"{"invoke":"random"}"#),
        Step::Unregister(k) => _ = world.tell(n, |client, now| client.unregister(k, now)),
        Step::Publish(k) => _ = world.publish(n, &format!("t{k}"), "[1]", r#"{"acknowledge":true}"#),
        Step::Call(k, limit) => {
            let json = format!(r#"{{"timeout":{limit},"receive_progress":true}}"#);
            world.call(n, &format!("p{k}"), "[1]", &json);
        }
        Step::Cancel(k, mode) => _ = world.tell(n, |client, now| client.cancel(k, none().with("mode", mode), now)),
        Step::Yield(k, true) => world.answer(n, k, "[2]", r#"{"progress":true}"#),
        Step::Yield(k, false) => world.answer(n, k, "[2]", "{}"),
        Step::Fail(k) => world.tell(n, |client, _| client.yield_error(k, "com.error", options("{}"), args("[3]"))),
        Step::Connect => world.tell(n, ClientMachine::connect),
        Step::Disconnect => world.tell(n, ClientMachine::disconnect),
        Step::Abort => world.tell(n, ClientMachine::abort),
        Step::Cut => world.cut(n),
        Step::Wait(milliseconds) => world.wait(milliseconds.into()),
        Step::Hear => assert_peace(&world.heard(n)),
        Step::Reachable(reachable) => world.reachable = reachable,
        Step::Slow(slow) => world.slow(n, slow),
    }
}

fn assert_peace(heard: &[String]) {
    let war = heard.iter().find(|line| line.contains("protocol_violation"));
    assert_eq!(war, None);
}

/// Everybody connects, gives everything up and leaves; nothing is left then.
fn wind_up(world: &mut World) {
    world.reachable = true;
    for n in 0..CLIENTS {
        world.slow(n, false);
        world.tell(n, ClientMachine::connect);
    }
    world.wait(300_000);
    for n in 0..CLIENTS {
        assert_peace(&world.heard(n));
        world.tell(n, ClientMachine::connect);
        assert_eq!(world.client(n).state(), State::Joined);
        for number in 1..9 {
            world.tell(n, |client, now| client.unsubscribe(number, now)).unwrap();
            world.tell(n, |client, now| client.unregister(number, now)).unwrap();
        }
        (1..200).for_each(|invocation| world.answer(n, invocation, "[4]", "{}"));
    }
    world.wait(60_000);
    let stats = world.realm.stats();
    assert_eq!((stats.sessions, stats.subscriptions, stats.registrations, stats.open_calls), (CLIENTS, 0, 0, 0));
    let identities: HashSet<_> = (0..CLIENTS).map(|n| world.client(n).session()).collect();
    assert_eq!(identities.len(), CLIENTS);
    for n in 0..CLIENTS {
        assert_peace(&world.heard(n));
        world.tell(n, ClientMachine::disconnect);
        assert_eq!(world.heard(n), ["closed"]);
    }
    assert_eq!(world.realm.stats(), wamp_proto::router::Stats::default());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_sides_get_along_and_agree(steps in proptest::collection::vec((0..CLIENTS, step()), 0..200)) {
        let mut world = World::new();
        for n in 0..CLIENTS {
            world.add(Settings { max_retries: 1000, retry_first_connect: true, ..settings() });
            world.tell(n, ClientMachine::connect);
        }
        for (n, step) in steps {
            apply(&mut world, n, step);
        }
        wind_up(&mut world);
    }
}
