//! CBOR as anybody may write it. Its other rules are tested together with those of the other formats.

use bytes::Bytes;

use super::Deserializer;
use crate::codec::{MAX_DEPTH, MAX_VALUES};
use crate::message::Event;
use crate::{DecodeError, Dict, EncodeError, Message, Serializer, Value};

fn decode(frame: &'static [u8]) -> Result<Message, DecodeError> {
    Serializer::Cbor.decode(Bytes::from_static(frame))
}

fn read(item: &[u8]) -> Result<Value, DecodeError> {
    Serializer::Cbor.read_value(item)
}

fn to_json(item: &[u8]) -> Result<String, EncodeError> {
    let json = Serializer::transcode(&Bytes::copy_from_slice(item), Serializer::Cbor, Serializer::Json)?;
    Ok(String::from_utf8(json.to_vec()).unwrap())
}

fn to_msgpack(item: &[u8]) -> Result<Bytes, EncodeError> {
    Serializer::transcode(&Bytes::copy_from_slice(item), Serializer::Cbor, Serializer::MsgPack)
}

#[test]
fn a_message_of_indefinite_length_under_tags_is_a_message() {
    let frame = b"\xd9\xd9\xf7\x9f\x18\x24\x19\x00\x01\xf9\x40\x00\xbf\xff\xc1\x9f\x01\x7f\x61a\x62bc\xff\xff\xb9\x00\x01\x61k\xf7\xff";
    let Message::Event(event) = decode(frame).unwrap() else { panic!() };
    assert_eq!((event.subscription.get(), event.publication.get(), event.details.len()), (1, 2, 0));
    assert!(event.payload.is_well_formed());
    assert_eq!(event.payload.args.as_deref(), Some(&b"\xc1\x9f\x01\x7f\x61a\x62bc\xff\xff"[..]));
    let json = Serializer::Json.encode(&Message::Event(Event { ..event })).unwrap();
    assert_eq!(json, &br#"[36,1,2,{},[1,"abc"],{"k":null}]"#[..]);
}

#[test]
fn every_way_to_write_an_option() {
    for options in [
        &b"\xa1\x65match\x66prefix"[..],
        b"\xbf\x7f\x62ma\x63tch\xff\xd8\x20\x7f\x66prefix\xff\xff",
        b"\xb8\x01\xc1\x65match\x78\x06prefix",
    ] {
        let frame = [b"\x84\x18\x20\x01", options, b"\x61t"].concat();
        let Message::Subscribe(subscribe) = Serializer::Cbor.decode(frame.into()).unwrap() else { panic!() };
        assert_eq!(subscribe.options.str("match").unwrap(), "prefix");
    }
    let undefined = b"\x84\x18\x20\x01\xa2\x65match\xf7\x6cget_retained\xf6\x61t";
    let Message::Subscribe(subscribe) = decode(undefined).unwrap() else { panic!() };
    assert_eq!(subscribe.options.get("match"), None);
}

#[test]
fn whole_numbers_of_any_kind_are_ids() {
    for frame in [
        &b"\x83\x11\x01\x19\x03\xe8"[..],
        b"\x83\x11\x1b\0\0\0\0\0\0\0\x01\xf9\x63\xd0",
        b"\x83\x11\xc2\x41\x01\xfb\x40\x8f\x40\0\0\0\0\0",
    ] {
        let Message::Published(published) = decode(frame).unwrap() else { panic!() };
        assert_eq!((published.request.get(), published.publication.get()), (1, 1000));
    }
    assert!(decode(b"\x83\x11\x01\x20").is_err() && decode(b"\x83\x11\x01\x61\x31").is_err());
}

#[test]
fn frames_that_are_not_messages() {
    for frame in [
        &b""[..],
        b"\xa0",
        b"\x01",
        b"\x83\x18\x21\x01",
        b"\x83\x18\x21\x01\x02\x03",
        b"\x9f\x18\x21\x01\x02",
        b"\x83\x18\x21\x01\xff",
        b"\x83\x18\x21\x01\x1f",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert!(matches!(decode(frame), Err(DecodeError::Malformed(_))), "{frame:x?}");
    }
    assert!(matches!(decode(b"\x80"), Err(DecodeError::Invalid { .. })));
    assert_eq!(decode(b"\x82\x19\x01\x51\x01"), Err(DecodeError::UnknownCode(337)));
}

#[test]
fn numbers_keep_their_kind() {
    for (item, value, json) in [
        (&b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"[..], Value::Int(i64::MIN), "-9223372036854775808"),
        (b"\xc3\x48\x7f\xff\xff\xff\xff\xff\xff\xff", Value::Int(i64::MIN), "-9223372036854775808"),
        (b"\x3b\x80\0\0\0\0\0\0\0", Value::Float(-9_223_372_036_854_775_809.0), "-9.223372036854775808e18"),
        (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", Value::Uint(u64::MAX), "18446744073709551615"),
        (b"\xc2\x49\x01\0\0\0\0\0\0\0\0", Value::Float(18_446_744_073_709_551_616.0), "1.8446744073709552e19"),
        (b"\xf9\x3c\0", Value::Float(1.0), "1.0"),
        (b"\xf9\x80\0", Value::Float(-0.0), "-0.0"),
        (b"\xfa\x3f\xc0\0\0", Value::Float(1.5), "1.5"),
    ] {
        assert_eq!(read(item).unwrap(), value);
        assert_eq!(to_json(item).unwrap().parse::<f64>(), json.parse(), "{item:x?}");
        assert_eq!(to_msgpack(item).unwrap(), Serializer::MsgPack.write_value(&value), "{item:x?}");
    }
}

#[test]
fn keys_of_any_kind_are_for_msgpack_and_none_of_them_for_json() {
    assert_eq!(
        to_msgpack(b"\xbf\x01\x02\x20\x61a\x41\x00\x80\xff").unwrap(),
        &b"\x83\x01\x02\xff\xa1a\xc4\x01\x00\x90"[..]
    );
    for key in [
        &b"\x01"[..],
        b"\xf6",
        b"\xf4",
        b"\x41a",
        b"\x80",
        b"\xa0",
        b"\xf9\x3c\0",
        b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let dict = [b"\xa1", key, b"\x01"].concat();
        assert_eq!(to_json(&dict), Err(EncodeError("JSON cannot express a key that is not a string".into())));
        assert!(read(&dict).is_err(), "{dict:x?}");
    }
    assert_eq!(to_json(b"\xa1\x61a\x01").unwrap(), r#"{"a":1}"#);
}

#[test]
fn what_has_no_equal_elsewhere() {
    for item in [
        &b"\xf0"[..],
        b"\x81\xf8\x20",
        b"\x61\xff",
        b"\x7f\x61\xc3\x61\xa9\xff",
        b"\x01\x02",
        b"\x82\x01",
        b"\x9f\x01",
        b"\xff",
        b"\x81\xff",
        b"\xbf\x61a\xff",
        b"\xbf\x61a\xff\x01\xff",
        b"",
        b"\xc1",
        b"\xc2\x58\x82\xff",
    ] {
        assert!(to_json(item).is_err() && to_msgpack(item).is_err() && read(item).is_err(), "{item:x?}");
    }
    for item in [&b"\xf9\x7e\0"[..], b"\xfa\x7f\x80\0\0", b"\xfb\xff\xf0\0\0\0\0\0\0"] {
        assert!(to_json(item).is_err() && to_msgpack(item).is_ok() && read(item).is_ok(), "{item:x?}");
    }
    let extension = Bytes::from_static(b"\xd4\x01\x02");
    assert!(Serializer::transcode(&extension, Serializer::MsgPack, Serializer::Cbor).is_err());
}

#[test]
fn values_have_a_bottom_and_an_end() {
    let nested = |n: usize| [vec![0x81; n], vec![0xf6]].concat();
    let indefinite = |n: usize| [vec![0x9f; n], vec![0xff; n]].concat();
    for deep in [nested(MAX_DEPTH - 1), indefinite(MAX_DEPTH - 1), vec![0xc1; 100_000].into_iter().chain([0]).collect()]
    {
        assert!(read(&deep).is_ok() && to_json(&deep).is_ok() && to_msgpack(&deep).is_ok());
    }
    for n in [MAX_DEPTH, 1_000_000] {
        for deep in [nested(n), indefinite(n)] {
            assert!(read(&deep).is_err() && to_json(&deep).is_err() && to_msgpack(&deep).is_err());
        }
    }
    let many = [&b"\x9a\x00\x10\x00\x00"[..], &vec![0xf6; 1 << 20]].concat();
    const { assert!(MAX_VALUES < 1 << 20) };
    assert!(read(&many).is_err() && to_msgpack(&many).is_ok());
}

#[test]
fn integers_and_lengths_take_the_fewest_bytes() {
    let int = |n: i64| Serializer::Cbor.write_value(&Value::Int(n)).to_vec();
    for (n, bytes) in [
        (0, &b"\x00"[..]),
        (23, b"\x17"),
        (24, b"\x18\x18"),
        (255, b"\x18\xff"),
        (256, b"\x19\x01\x00"),
        (65_536, b"\x1a\x00\x01\x00\x00"),
        (1 << 32, b"\x1b\x00\x00\x00\x01\x00\x00\x00\x00"),
        (-1, b"\x20"),
        (-24, b"\x37"),
        (-25, b"\x38\x18"),
        (i64::MIN, b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"),
    ] {
        assert_eq!(int(n), bytes);
    }
    for (length, head) in [(23, &b"\x77"[..]), (24, b"\x78\x18"), (255, b"\x78\xff"), (256, b"\x79\x01\x00")] {
        assert!(Serializer::Cbor.write_value(&"x".repeat(length).into()).starts_with(head));
    }
    let dict: Dict = (0..300_u64).map(|n| (n.to_string(), n)).collect();
    assert!(Serializer::Cbor.write_value(&dict.into()).starts_with(b"\xb9\x01\x2c"));
}

#[test]
fn any_type_of_serde_can_be_read() {
    use serde::Deserialize;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: u8,
        y: Option<f32>,
        name: String,
    }
    let mut reader = Deserializer::new(b"\xa4\x61x\x05\x61y\xf7\x64name\x7f\x61p\xff\x64more\x9f\x9f\xff\xff\x00", 2);
    let point = Point::deserialize(&mut reader).unwrap();
    assert_eq!(point, Point { x: 5, y: None, name: "p".into() });
    assert!(reader.end().is_err());
    assert!(<(u8, u8)>::deserialize(&mut Deserializer::new(b"\x83\x01\x02\x03", 1)).is_err());
    assert!(<Vec<Vec<u8>>>::deserialize(&mut Deserializer::new(b"\x81\x80", 1)).is_err());
}
