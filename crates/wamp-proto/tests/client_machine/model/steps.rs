//! What may happen next.

use bytes::Bytes;
use proptest::prelude::*;
use wamp_proto::message::*;
use wamp_proto::{Dict, Id, Message, Payload, Serializer};

use super::ledger::Kind;

#[derive(Clone, Debug)]
pub enum Step {
    Connect,
    Proceed,
    Disconnect,
    Abort,
    Opened(Serializer),
    Failed,
    Lost,
    /// The well-behaved router answers the n-th of what it was sent; mostly the first.
    Answer(u8),
    /// The well-behaved router refuses the first request.
    Refuse,
    /// The well-behaved router sends a progressive result of the first call.
    Progress,
    /// The well-behaved router sends an EVENT, an INVOCATION or an INTERRUPT.
    Push(usize, Dict),
    /// The router says something, fitting or not.
    Say(Box<Message>),
    Garbage(Vec<u8>),
    /// Time passes, and the driver comes when it should.
    Wait(u16),
    /// The driver comes too late.
    Oversleep(u16),
    /// A subscription or registration of that number, and one of a few options.
    Ask(Kind, u64, u8),
    Leave(Kind, u64),
    Publish(bool),
    Call(Option<u16>),
    Cancel(u64),
    Yield(u64, bool),
    Fail(u64),
    Authenticate,
    RefuseChallenge,
    /// The program hears the next few notices.
    Hear(u8),
    Configure {
        reconnects: bool,
        retries_first: bool,
        realm: bool,
        named: bool,
    },
    /// The transport takes no more for a while.
    Congested(bool),
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![8 => 1..12_u64, 1 => Just(Id::MAX)].prop_map(|n| Id::new(n).unwrap())
}

fn details() -> impl Strategy<Value = Dict> {
    prop_oneof![
        3 => Just(Dict::new()),
        1 => Just(Dict::new().with("progress", true)),
        1 => (1..12_u64).prop_map(|n| Dict::new().with("subscription", n).with("registration", n).with("mode", "kill")),
    ]
}

pub fn payload(json: &str) -> Payload {
    Payload { serializer: Serializer::Json, args: Some(Bytes::copy_from_slice(json.as_bytes())), kwargs: None }
}

fn about_sessions() -> impl Strategy<Value = Message> {
    prop_oneof![
        (id(), details()).prop_map(|(session, details)| Welcome { session, details }.into()),
        details().prop_map(|details| Abort { details, reason: "no".into() }.into()),
        details().prop_map(|extra| Challenge { method: "ticket".into(), extra }.into()),
        details().prop_map(|details| Goodbye { details, reason: "bye".into() }.into()),
        (id(), details()).prop_map(|(request, options)| Interrupt { request, options }.into()),
    ]
}

fn answers() -> impl Strategy<Value = Message> {
    let code = prop_oneof![Just(16), Just(32), Just(34), Just(48), Just(64), Just(66), 0..80_u64];
    let own = || proptest::option::of(id());
    prop_oneof![
        3 => (code, id(), details()).prop_map(|(request_type, request, details)| {
            Error { request_type, request, details, error: "e".into(), payload: payload("[1]") }.into()
        }),
        1 => (id(), id()).prop_map(|(request, publication)| Published { request, publication }.into()),
        1 => (id(), id()).prop_map(|(request, subscription)| Subscribed { request, subscription }.into()),
        1 => (own(), details()).prop_map(|(request, details)| Unsubscribed { request, details }.into()),
        1 => (id(), id()).prop_map(|(request, registration)| Registered { request, registration }.into()),
        1 => (own(), details()).prop_map(|(request, details)| Unregistered { request, details }.into()),
        1 => (id(), details()).prop_map(|(request, details)| CallResult { request, details, payload: payload("[1]") }.into()),
    ]
}

fn pushed() -> impl Strategy<Value = Message> {
    prop_oneof![
        (id(), id(), details()).prop_map(|(subscription, publication, details)| {
            Event { subscription, publication, details, payload: payload("[1]") }.into()
        }),
        (id(), id(), details()).prop_map(|(request, registration, details)| {
            Invocation { request, registration, details, payload: payload("[1]") }.into()
        }),
    ]
}

fn network() -> impl Strategy<Value = Step> {
    let serializer = prop_oneof![4 => Just(Serializer::Json), 1 => Just(Serializer::MsgPack)];
    prop_oneof![
        8 => serializer.prop_map(Step::Opened),
        1 => Just(Step::Failed),
        2 => Just(Step::Lost),
        5 => any::<u16>().prop_map(Step::Wait),
        1 => any::<u16>().prop_map(Step::Oversleep),
        1 => any::<bool>().prop_map(Step::Congested),
    ]
}

fn router() -> impl Strategy<Value = Step> {
    let message = prop_oneof![about_sessions(), answers(), pushed()];
    prop_oneof![
        20 => prop_oneof![4 => Just(0), 1 => any::<u8>()].prop_map(Step::Answer),
        2 => Just(Step::Refuse),
        2 => Just(Step::Progress),
        5 => (any::<usize>(), details()).prop_map(|(which, details)| Step::Push(which, details)),
        2 => message.prop_map(|message| Step::Say(Box::new(message))),
        1 => proptest::collection::vec(any::<u8>(), 0..12).prop_map(Step::Garbage),
    ]
}

fn life() -> impl Strategy<Value = Step> {
    let settings = (any::<bool>(), any::<bool>(), prop_oneof![9 => Just(true), 1 => Just(false)], any::<bool>());
    prop_oneof![
        4 => Just(Step::Connect),
        2 => Just(Step::Proceed),
        1 => Just(Step::Disconnect),
        1 => Just(Step::Abort),
        4 => Just(Step::Authenticate),
        1 => Just(Step::RefuseChallenge),
        16 => any::<u8>().prop_map(Step::Hear),
        1 => settings.prop_map(|(reconnects, retries_first, realm, named)| {
            Step::Configure { reconnects, retries_first, realm, named }
        }),
    ]
}

fn requests() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![Just(Kind::Subscription), Just(Kind::Registration)];
    prop_oneof![
        5 => (kind.clone(), 1..4_u64, 0..2_u8).prop_map(|(kind, number, options)| Step::Ask(kind, number, options)),
        4 => (kind, 1..4_u64).prop_map(|(kind, number)| Step::Leave(kind, number)),
        2 => any::<bool>().prop_map(Step::Publish),
        4 => proptest::option::of(any::<u16>()).prop_map(Step::Call),
        1 => (1..20_u64).prop_map(Step::Cancel),
        3 => (1..10_u64, any::<bool>()).prop_map(|(n, progress)| Step::Yield(n, progress)),
        1 => (1..10_u64).prop_map(Step::Fail),
    ]
}

/// Anything, but more often what makes sense.
pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![18 => network(), 30 => router(), 16 => life(), 20 => requests()]
}
