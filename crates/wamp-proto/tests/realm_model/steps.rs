//! What clients of a realm do.

use proptest::prelude::*;

use crate::realm_harness::*;

pub const CLIENTS: usize = 4;

#[derive(Clone, Debug)]
pub enum Step {
    Subscribe(usize, &'static str, Policy),
    /// One of all subscriptions there are, its own or not.
    Unsubscribe(usize, usize),
    Publish(usize, &'static str, Listing),
    Register(usize, &'static str, Policy, &'static str),
    Unregister(usize, usize),
    Call {
        caller: usize,
        procedure: &'static str,
        timeout: Option<u64>,
        progress: bool,
        disclose: bool,
    },
    /// One of its last calls.
    Cancel(usize, u64, Option<&'static str>),
    /// An answer to one of its last invocations.
    Yield(usize, u64, bool),
    Fail(usize, u64),
    Leave(usize),
    Goodbye(usize),
    Broken(usize),
    /// Whether the client takes invocations.
    Full(usize, bool),
    Wait(u64),
}

pub type Policy = &'static str;

/// Whom a publication is for; clients by their places.
#[derive(Clone, Debug)]
pub struct Listing {
    pub acknowledge: bool,
    pub exclude_me: Option<bool>,
    pub disclose: bool,
    pub exclude: Option<Vec<usize>>,
    pub eligible: Option<Vec<usize>>,
    pub exclude_authid: Option<Vec<usize>>,
    pub eligible_authrole: Option<usize>,
}

/// One is in more use than all others, so that clients meet there.
const TOPICS: [&str; 7] = ["a.b", "a.x.c", "a.bc", "b", "wamp.x", "a..c", "a b"];

fn pattern() -> impl Strategy<Value = (&'static str, Policy)> {
    let prefixes = prop::sample::select(vec!["a", "a.b", "a.b.", "b", "a.b.c", "wamp.", "a b"]);
    let wildcards = prop::sample::select(vec!["a..c", "a.b.", "..c", ".b.", "..", "a.b.c", "wamp..c"]);
    prop_oneof![
        3 => topic().prop_map(|uri| (uri, "exact")),
        1 => prefixes.prop_map(|uri| (uri, "prefix")),
        1 => wildcards.prop_map(|uri| (uri, "wildcard")),
    ]
}

fn topic() -> impl Strategy<Value = &'static str> {
    prop_oneof![1 => Just("a.b.c"), 1 => prop::sample::select(TOPICS.to_vec())]
}

fn client() -> impl Strategy<Value = usize> {
    0..CLIENTS
}

fn some<S: Strategy>(of: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(0.2, of)
}

fn listing() -> impl Strategy<Value = Listing> {
    let clients = || some(prop::collection::vec(client(), 0..3));
    let flags = (any::<bool>(), some(any::<bool>()), any::<bool>());
    (flags, clients(), clients(), clients(), some(0..2_usize)).prop_map(
        |((acknowledge, exclude_me, disclose), exclude, eligible, exclude_authid, eligible_authrole)| Listing {
            acknowledge,
            exclude_me,
            disclose,
            exclude,
            eligible,
            exclude_authid,
            eligible_authrole,
        },
    )
}

fn pubsub() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (client(), pattern()).prop_map(|(client, (uri, policy))| Step::Subscribe(client, uri, policy)),
        2 => (client(), any::<usize>()).prop_map(|(client, which)| Step::Unsubscribe(client, which)),
        4 => (client(), topic(), listing()).prop_map(|(client, topic, listing)| Step::Publish(client, topic, listing)),
    ]
}

fn rpc() -> impl Strategy<Value = Step> {
    let invoke =
        prop::sample::select(vec!["single", "roundrobin", "roundrobin", "roundrobin", "first", "last", "wrong"]);
    let mode = prop::sample::select(vec![None, Some("skip"), Some("kill"), Some("killnowait")]);
    let call = (client(), topic(), prop::option::of(0..50_u64), any::<bool>(), any::<bool>());
    prop_oneof![
        4 => (client(), pattern(), invoke)
            .prop_map(|(client, (uri, policy), invoke)| Step::Register(client, uri, policy, invoke)),
        2 => (client(), any::<usize>()).prop_map(|(client, which)| Step::Unregister(client, which)),
        8 => call.prop_map(|(caller, procedure, timeout, progress, disclose)| {
            Step::Call { caller, procedure, timeout, progress, disclose }
        }),
        2 => (client(), 0..3_u64, mode).prop_map(|(client, back, mode)| Step::Cancel(client, back, mode)),
        6 => (client(), 0..3_u64, any::<bool>()).prop_map(|(client, back, progress)| Step::Yield(client, back, progress)),
        2 => (client(), 0..3_u64).prop_map(|(client, back)| Step::Fail(client, back)),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let leaving =
        prop_oneof![client().prop_map(Step::Leave), client().prop_map(Step::Goodbye), client().prop_map(Step::Broken)];
    prop_oneof![
        9 => pubsub(),
        20 => rpc(),
        2 => leaving,
        1 => (client(), any::<bool>()).prop_map(|(client, full)| Step::Full(client, full)),
        2 => (0..40_u64).prop_map(Step::Wait),
    ]
}

/// The options of PUBLISH.
pub fn publish_options(listing: &Listing, sessions: &[Id]) -> Dict {
    let ids = |places: &Vec<usize>| places.iter().map(|&n| Value::from(sessions[n])).collect::<Vec<_>>();
    let authids = |places: &Vec<usize>| places.iter().map(|&n| Value::from(authid(n))).collect::<Vec<_>>();
    let mut options = with("acknowledge", listing.acknowledge).with("disclose_me", listing.disclose);
    let mut set = |key: &str, value: Option<Value>| value.into_iter().for_each(|value| options.insert(key, value));
    set("exclude_me", listing.exclude_me.map(Value::Bool));
    set("exclude", listing.exclude.as_ref().map(ids).map(Value::List));
    set("eligible", listing.eligible.as_ref().map(ids).map(Value::List));
    set("exclude_authid", listing.exclude_authid.as_ref().map(authids).map(Value::List));
    set("eligible_authrole", listing.eligible_authrole.map(|n| Value::List(vec![authrole(n).into()])));
    options
}

pub fn authid(n: usize) -> String {
    format!("client{n}")
}

/// Every other client has the same.
pub fn authrole(n: usize) -> String {
    format!("role{}", n % 2)
}
