//! The specification's own test vectors: canonical messages as bytes, and messages that must be refused.
//!
//! They are looked for in `$WAMP_VECTORS`, then in `shared/wamp-vectors` beside the checkout.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Value as Json, json};
use wamp_proto::{DecodeError, Dict, Message, Payload, Serializer, Value};

/// Messages of the vectors that are not implemented: a peer that does not announce the feature never gets them.
const NOT_IMPLEMENTED: [&str; 1] = ["EVENT_RECEIVED"];

#[test]
fn the_vectors_of_the_specification() {
    let Some(folder) = folder() else {
        println!("skipped: the specification's test vectors are not here, and WAMP_VECTORS is not set");
        return;
    };
    let files = files(&folder);
    assert!(!files.is_empty(), "no vectors in {}", folder.display());
    let samples: usize = files.iter().map(|file| check_file(file)).sum();
    println!("{samples} samples in {} files", files.len());
}

fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("WAMP_VECTORS") {
        let folder = PathBuf::from(folder);
        assert!(folder.is_dir(), "WAMP_VECTORS is {}, which is no folder", folder.display());
        return Some(folder);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/wamp-vectors");
    beside.is_dir().then_some(beside)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some_and(|ext| ext == "json")).collect();
    files.sort();
    files
}

/// Checks the samples of a file, and gives how many they are.
fn check_file(path: &Path) -> usize {
    let file: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (name, code) = (file["wamp_message_type"].as_str().unwrap(), file["wamp_message_code"].as_u64().unwrap());
    if NOT_IMPLEMENTED.contains(&name) {
        assert_eq!(Message::name_of(code), None, "{name} is implemented: take it off the list");
        println!("{name} is not implemented");
        return 0;
    }
    assert_eq!(Message::name_of(code), Some(name));
    let samples = file["samples"].as_array().unwrap();
    for sample in samples {
        let what = format!("{}: {}", path.display(), sample["description"]);
        match sample.get("wmsg") {
            Some(message) => check_validation(&what, message, sample.get("expected_error")),
            None => check_serialization(&what, sample),
        }
    }
    samples.len()
}

/// A message, and the field that its refusal must name.
fn check_validation(what: &str, message: &Json, expected: Option<&Json>) {
    let json = Bytes::from(message.to_string());
    for serializer in Serializer::ALL {
        let frame = Serializer::transcode(&json, Serializer::Json, serializer).expect(what);
        match (serializer.decode(frame), expected) {
            (Ok(_), None) => {}
            (Err(error @ DecodeError::Invalid { .. }), Some(expected)) => {
                assert_eq!(expected["type"], "protocol_violation", "{what}");
                assert!(error.to_string().contains(expected["contains"].as_str().unwrap()), "{what}: {error}");
            }
            (result, _) => panic!("{what}: {result:?}"),
        }
    }
}

/// A message as bytes of each format. Every variant has the attributes, and so has what is written for it.
fn check_serialization(what: &str, sample: &Json) {
    for serializer in Serializer::ALL {
        let variants = variants(sample, serializer);
        assert!(!variants.is_empty(), "{what}");
        for variant in &variants {
            let message = serializer.decode(variant.clone()).expect(what);
            check_attributes(what, &message, &sample["expected_attributes"]);
            let written = serializer.encode(&message).expect(what);
            assert!(variants.iter().any(|variant| is_written_as(variant, &written)), "{what}: {written:?}");
            check_translation(what, &message, &sample["expected_attributes"]);
        }
    }
}

/// MessagePack leaves the form of a length open: a text of 32 to 255 bytes has 16 bits of it here, not 8.
fn is_written_as(variant: &Bytes, written: &Bytes) -> bool {
    let with_16_bits = |&byte: &u8| if byte == 0xd9 { vec![0xda, 0] } else { vec![byte] };
    variant == written || variant.iter().flat_map(with_16_bits).eq(written.iter().copied())
}

fn variants(sample: &Json, serializer: Serializer) -> Vec<Bytes> {
    let name = serializer.subprotocol().rsplit('.').next().unwrap();
    let variants = sample["serializers"][name].as_array().unwrap();
    variants.iter().map(|variant| from_hex(variant["bytes_hex"].as_str().unwrap())).collect()
}

fn check_translation(what: &str, message: &Message, expected: &Json) {
    for serializer in Serializer::ALL {
        let frame = serializer.encode(message).expect(what);
        check_attributes(what, &serializer.decode(frame).expect(what), expected);
    }
}

fn check_attributes(what: &str, message: &Message, expected: &Json) {
    let actual = attributes(message);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(actual.get(name), Some(value), "{what}: {name}");
    }
}

/// A message in the words of the vectors.
fn attributes(message: &Message) -> Json {
    let mut attributes = match message {
        Message::Hello(m) => json!({ "realm": *m.realm, "roles": roles(&m.details) }),
        Message::Welcome(m) => json!({ "session_id": m.session.get(), "roles": roles(&m.details) }),
        Message::Abort(m) => json!({ "details": dict(&m.details), "reason": *m.reason }),
        Message::Challenge(m) => json!({ "method": *m.method, "extra": dict(&m.extra) }),
        Message::Authenticate(m) => json!({ "signature": *m.signature, "extra": dict(&m.extra) }),
        Message::Goodbye(m) => json!({ "details": dict(&m.details), "reason": *m.reason }),
        Message::Error(m) => json!({
            "request_type": m.request_type, "request_id": m.request.get(), "details": dict(&m.details), "error": *m.error,
        }),
        message => request_attributes(message),
    };
    attributes["message_type"] = message.code().into();
    if let Some(payload) = message.payload() {
        add_payload(&mut attributes, payload);
    }
    attributes
}

fn request_attributes(message: &Message) -> Json {
    match message {
        Message::Publish(m) => json!({ "request_id": m.request.get(), "options": dict(&m.options), "topic": *m.topic }),
        Message::Published(m) => json!({ "request_id": m.request.get(), "publication_id": m.publication.get() }),
        Message::Subscribe(m) => {
            json!({ "request_id": m.request.get(), "options": dict(&m.options), "topic": *m.topic })
        }
        Message::Subscribed(m) => json!({ "request_id": m.request.get(), "subscription_id": m.subscription.get() }),
        Message::Unsubscribe(m) => json!({ "request_id": m.request.get(), "subscription_id": m.subscription.get() }),
        Message::Unsubscribed(m) => json!({ "request_id": m.request.unwrap().get() }),
        Message::Event(m) => json!({
            "subscription": m.subscription.get(), "publication": m.publication.get(), "details": dict(&m.details),
        }),
        message => call_attributes(message),
    }
}

fn call_attributes(message: &Message) -> Json {
    match message {
        Message::Call(m) => {
            json!({ "request_id": m.request.get(), "options": dict(&m.options), "procedure": *m.procedure })
        }
        Message::Cancel(m) => json!({ "request_id": m.request.get(), "options": dict(&m.options) }),
        Message::Result(m) => json!({ "request_id": m.request.get(), "details": dict(&m.details) }),
        Message::Register(m) => {
            json!({ "request_id": m.request.get(), "options": dict(&m.options), "procedure": *m.procedure })
        }
        Message::Registered(m) => json!({ "request_id": m.request.get(), "registration_id": m.registration.get() }),
        Message::Unregister(m) => json!({ "request_id": m.request.get(), "registration_id": m.registration.get() }),
        Message::Unregistered(m) => json!({ "request_id": m.request.unwrap().get() }),
        Message::Invocation(m) => json!({
            "request_id": m.request.get(), "registration_id": m.registration.get(), "details": dict(&m.details),
        }),
        Message::Interrupt(m) => json!({ "request_id": m.request.get(), "options": dict(&m.options) }),
        Message::Yield(m) => json!({ "request_id": m.request.get(), "options": dict(&m.options) }),
        other => panic!("{} has no attributes", other.name()),
    }
}

/// A transparent payload is one binary value in the place of the arguments.
fn add_payload(attributes: &mut Json, payload: &Payload) {
    let read = |slice: &Bytes| payload.serializer.read_value(slice).unwrap();
    let (args, payload_hex) = match payload.args.as_ref().map(read) {
        Some(Value::Bin(data)) => (Json::Null, to_hex(&data)),
        args => (args.as_ref().map_or(Json::Null, to_json), Json::Null),
    };
    attributes["args"] = args;
    attributes["payload"] = payload_hex;
    attributes["kwargs"] = payload.kwargs.as_ref().map(read).as_ref().map_or(Json::Null, to_json);
}

fn roles(details: &Dict) -> Json {
    to_json(details.get("roles").unwrap())
}

fn dict(dict: &Dict) -> Json {
    to_json(&dict.clone().into())
}

fn to_json(value: &Value) -> Json {
    serde_json::from_slice(&Serializer::Json.write_value(value)).unwrap()
}

fn from_hex(hex: &str) -> Bytes {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn to_hex(data: &[u8]) -> Json {
    data.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
