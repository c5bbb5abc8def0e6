//! What is written reads back as the same, in each format and from one to the other; what is broken on the way is
//! refused without harm.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use bytes::Bytes;
use bytestring::ByteString;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use wamp_proto::message::*;
use wamp_proto::{Dict, Id, Message, Payload, Serializer, Value};

/// The kinds of messages that [`message`] makes; revocations count as one.
const KINDS: u8 = 25;

/// Any text but such that begins with a NUL, which JSON keeps for binary data.
fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_map(|text| text.trim_start_matches('\0').to_owned())
}

/// Keys that no message knows.
fn dict(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Dict> {
    let key = text().prop_map(|text| format!("my {text}"));
    btree_map(key, value, 0..5).prop_map(|members| members.into_iter().collect())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::Int),
        (i64::MAX as u64 + 1..).prop_map(Value::Uint),
        (-200_i64..70_000).prop_map(Value::Int),
        any::<f64>().prop_filter("JSON has finite numbers only", |n| n.is_finite()).prop_map(Value::Float),
        text().prop_map(Value::from),
        vec(any::<u8>(), 0..40).prop_map(|data| Value::Bin(data.into())),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![vec(inner.clone(), 0..20).prop_map(Value::List), dict(inner).prop_map(Value::Dict)]
    })
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![1..300_u64, 1..=Id::MAX].prop_map(|n| Id::new(n).unwrap())
}

fn serializer() -> impl Strategy<Value = Serializer> {
    prop::sample::select(&Serializer::ALL[..])
}

fn payload() -> impl Strategy<Value = Payload> {
    (serializer(), prop::option::of(vec(value(), 0..4)), prop::option::of(dict(value())))
        .prop_map(|(serializer, args, kwargs)| Payload::from_values(serializer, args, kwargs))
}

fn message() -> impl Strategy<Value = Message> {
    let fields = (id(), id(), dict(value()), text().prop_map(ByteString::from), payload());
    (0..KINDS, fields).prop_map(|(kind, (request, other, dict, uri, payload))| match kind {
        0 => Hello { realm: uri, details: dict }.into(),
        1 => Welcome { session: request, details: dict }.into(),
        2 => Abort { details: dict, reason: uri }.into(),
        3 => Challenge { method: uri, extra: dict }.into(),
        4 => Authenticate { signature: uri, extra: dict }.into(),
        5 => Goodbye { details: dict, reason: uri }.into(),
        6 => Error { request_type: 48, request, details: dict, error: uri, payload }.into(),
        7 => Publish { request, options: dict, topic: uri, payload }.into(),
        8 => Published { request, publication: other }.into(),
        9 => Subscribe { request, options: dict, topic: uri }.into(),
        10 => Subscribed { request, subscription: other }.into(),
        11 => Unsubscribe { request, subscription: other }.into(),
        12 => Unsubscribed { request: Some(request), details: Dict::new() }.into(),
        13 => Unsubscribed { request: None, details: dict }.into(),
        14 => Event { subscription: request, publication: other, details: dict, payload }.into(),
        15 => Call { request, options: dict, procedure: uri, payload }.into(),
        16 => Cancel { request, options: dict }.into(),
        17 => CallResult { request, details: dict, payload }.into(),
        18 => Register { request, options: dict, procedure: uri }.into(),
        19 => Registered { request, registration: other }.into(),
        20 => Unregister { request, registration: other }.into(),
        21 => Unregistered { request: None, details: dict }.into(),
        22 => Invocation { request, registration: other, details: dict, payload }.into(),
        23 => Interrupt { request, options: dict }.into(),
        _ => Yield { request, options: dict, payload }.into(),
    })
}

fn there_and_back(message: &Message, serializer: Serializer) -> Message {
    serializer.decode(serializer.encode(message).unwrap()).unwrap()
}

/// Everything that a receiver may do with what it got.
fn use_up(serializer: Serializer, frame: Bytes) {
    let Ok(message) = serializer.decode(frame) else { return };
    for other in Serializer::ALL {
        let _ = other.encode(&message);
    }
    if let Some(payload) = message.payload() {
        let _ = payload.is_well_formed();
        for slice in payload.args.iter().chain(&payload.kwargs) {
            let _ = serializer.read_value(slice);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_read_back_as_written(message in message()) {
        let format = message.payload().map_or(Serializer::Json, |payload| payload.serializer);
        prop_assert_eq!(&there_and_back(&message, format), &message);
        for serializer in Serializer::ALL {
            let translated = there_and_back(&message, serializer);
            prop_assert_eq!(translated.payload().map(|p| p.serializer), message.payload().map(|_| serializer));
            prop_assert_eq!(&there_and_back(&translated, format), &message);
        }
    }

    #[test]
    fn values_read_back_as_written(value in value()) {
        for serializer in Serializer::ALL {
            let written = serializer.write_value(&value);
            prop_assert_eq!(&serializer.read_value(&written).unwrap(), &value);
        }
    }

    #[test]
    fn a_format_changed_is_the_same_value(value in value()) {
        for from in Serializer::ALL {
            let written = from.write_value(&value);
            for to in Serializer::ALL {
                let changed = Serializer::transcode(&written, from, to).unwrap();
                prop_assert_eq!(&changed, &to.write_value(&value), "{:?} to {:?}", from, to);
            }
        }
    }

    #[test]
    fn no_chain_of_formats_loses_anything(value in value(), chain in vec(serializer(), 2..9)) {
        let payload = Payload::from_values(chain[0], Some(vec![value]), None);
        let there = chain.iter().fold(payload.clone(), |payload, &next| payload.to(next).unwrap());
        prop_assert_eq!(there.to(chain[0]).unwrap(), payload);
    }

    #[test]
    fn half_a_frame_is_no_message(message in message(), serializer in serializer(), cut in any::<prop::sample::Index>()) {
        let frame = serializer.encode(&message).unwrap();
        prop_assert!(serializer.decode(frame.slice(..cut.index(frame.len()))).is_err());
    }

    #[test]
    fn broken_frames_do_no_harm(
        message in message(),
        serializer in serializer(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut frame = serializer.encode(&message).unwrap().to_vec();
        for (at, byte) in changes {
            let at = at.index(frame.len());
            frame[at] = byte;
        }
        use_up(serializer, frame.into());
    }

    #[test]
    fn noise_does_no_harm(noise in vec(any::<u8>(), 0..200), serializer in serializer()) {
        use_up(serializer, noise.clone().into());
        let slice = Bytes::from(noise);
        for other in Serializer::ALL {
            let _ = Serializer::transcode(&slice, serializer, other);
        }
    }
}

#[test]
fn every_message_is_among_them() {
    let codes: BTreeSet<u64> = (0..400).filter(|code| Message::name_of(*code).is_some()).collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        seen.insert(message().new_tree(&mut runner).unwrap().current().code());
    }
    assert_eq!(seen, codes);
}
