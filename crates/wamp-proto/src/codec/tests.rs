use super::*;
use crate::message::{CallResult, Error, Event, Publish, Unsubscribed};
use crate::{Dict, Id, Payload};

fn json(frame: &'static str) -> Result<Message, DecodeError> {
    Serializer::Json.decode(Bytes::from_static(frame.as_bytes()))
}

fn msgpack(frame: &'static [u8]) -> Result<Message, DecodeError> {
    Serializer::MsgPack.decode(Bytes::from_static(frame))
}

fn id(n: u64) -> Id {
    Id::new(n).unwrap()
}

#[test]
fn the_payload_is_a_slice_of_the_frame() {
    let frame = Bytes::from_static(br#"[36, 1, 2, {}, [ 1,"x" ] , {"a": null} ]"#);
    let Message::Event(event) = Serializer::Json.decode(frame.clone()).unwrap() else { panic!() };
    let (args, kwargs) = (event.payload.args.unwrap(), event.payload.kwargs.unwrap());
    assert_eq!(args, &br#"[ 1,"x" ]"#[..]);
    assert_eq!(kwargs, &br#"{"a": null}"#[..]);
    assert!(frame.as_ptr_range().contains(&args.as_ptr()));
}

#[test]
fn whole_numbers_of_any_kind_are_ids() {
    for frame in ["[17,1.0,1e3]", "[17, 1e0, 1000]", "[17.0,10e-1,1000.0]"] {
        let Message::Published(published) = json(frame).unwrap() else { panic!() };
        assert_eq!((published.request, published.publication), (id(1), id(1000)), "{frame}");
    }
    let wide = b"\x93\xcf\0\0\0\0\0\0\0\x11\xd1\0\x01\xcb\x40\x8f\x40\0\0\0\0\0";
    let Message::Published(published) = msgpack(wide).unwrap() else { panic!() };
    assert_eq!((published.request, published.publication), (id(1), id(1000)));
}

#[test]
fn what_is_no_id_is_named() {
    for frame in
        ["[33,0,1]", "[33,-1,1]", "[33,1.5,1]", "[33,9007199254740993,1]", "[33,\"1\",1]", "[33,null,1]", "[33]"]
    {
        let Err(DecodeError::Invalid { message, field, .. }) = json(frame) else { panic!("{frame}") };
        assert_eq!((message, field.as_str()), ("SUBSCRIBED", "SUBSCRIBE.Request"), "{frame}");
    }
}

#[test]
fn frames_that_are_not_messages() {
    for frame in ["", "{}", "1", "[1", "[1]]", "[33,1,2] x", "[33,1,2,]", "[33,1,2,{\"a\"}]", "\u{0}"] {
        assert!(matches!(json(frame), Err(DecodeError::Malformed(_))), "{frame}");
    }
    for frame in
        [&b""[..], b"\x80", b"\x01", b"\x93\x21\x01", b"\x93\x21\x01\x02\x03", b"\x93\x21\x01\xc1", b"\xdd\xff"]
    {
        assert!(matches!(msgpack(frame), Err(DecodeError::Malformed(_))), "{frame:?}");
    }
    assert_eq!(json("[337,1]"), Err(DecodeError::UnknownCode(337)));
    for frame in ["[]", "[\"x\"]", "[-1]", "[[]]"] {
        assert!(matches!(json(frame), Err(DecodeError::Invalid { message: "message", .. })), "{frame}");
    }
}

#[test]
fn a_result_needs_no_details() {
    let result = CallResult { request: id(7), details: Dict::new(), payload: Payload::empty(Serializer::Json) };
    assert_eq!(json("[50,7]").unwrap(), result.into());
}

#[test]
fn revocations_have_request_zero() {
    let revoked = Unsubscribed { request: None, details: Dict::new().with("subscription", 5) };
    assert_eq!(json(r#"[35,0,{"subscription":5}]"#).unwrap(), revoked.clone().into());
    assert_eq!(&*Serializer::Json.encode(&revoked.into()).unwrap(), br#"[35,0,{"subscription":5}]"#);
    assert_eq!(json("[35,3,\"later\"]").unwrap(), Unsubscribed { request: Some(id(3)), details: Dict::new() }.into());
}

#[test]
fn what_follows_a_message_is_ignored() {
    assert!(json(r#"[3,{},"wamp.error.x",["why"],{"a":1}]"#).is_ok());
    assert!(json(r#"[8,48,1,{},"a.b",[],{},"more",[[]],8,9]"#).is_ok());
    assert!(json(r#"[8,48,1,{},"a.b",[],{},"more",[[]]],8"#).is_err());
}

#[test]
fn an_empty_list_may_stand_for_an_empty_dictionary() {
    assert_eq!(json(r#"[32,1,[],"a.b"]"#).unwrap(), json(r#"[32,1,{},"a.b"]"#).unwrap());
    assert!(json(r#"[32,1,[1],"a.b"]"#).is_err());
    assert!(json(r#"[32,1,null,"a.b"]"#).is_err());
}

#[test]
fn options_need_string_keys() {
    let error = msgpack(b"\x94\x20\x01\x81\x01\x02\xa1a").unwrap_err();
    assert_eq!(error.to_string(), "SUBSCRIBE.Options cannot be read: a key that is not a string");
}

#[test]
fn nested_options_have_a_bottom() {
    let deep = |n: usize| format!("[32,1,{{\"a\":{}{}}},\"a\"]", "[".repeat(n), "]".repeat(n));
    let decode = |n| Serializer::Json.decode(deep(n).into());
    assert!(decode(MAX_DEPTH - 2).is_ok());
    assert!(matches!(decode(MAX_DEPTH - 1), Err(DecodeError::Invalid { .. })));
    assert!(matches!(decode(1_000_000), Err(DecodeError::Invalid { .. })));
    let deep = |n: usize| [&b"\x94\x20\x01\x81\xa1a"[..], &vec![0x91; n], b"\xc0\xa1a"].concat();
    let decode = |n| Serializer::MsgPack.decode(deep(n).into());
    assert!(decode(MAX_DEPTH - 2).is_ok());
    assert!(matches!(decode(MAX_DEPTH - 1), Err(DecodeError::Invalid { .. })));
    assert!(matches!(decode(1_000_000), Err(DecodeError::Invalid { .. })));
}

#[test]
fn very_many_values_are_refused() {
    let list = [&b"\x94\x20\x01\x81\xa1a\xdd\x00\x10\x00\x00"[..], &vec![0xc0; 1 << 20], b"\xa1a"].concat();
    assert!(matches!(Serializer::MsgPack.decode(list.into()), Err(DecodeError::Invalid { .. })));
}

#[test]
fn keyword_arguments_follow_an_empty_list() {
    for serializer in Serializer::ALL {
        let kwargs = Some(serializer.write_value(&Dict::new().with("a", 1).into()));
        let payload = Payload { serializer, args: None, kwargs };
        let publish = Publish { request: id(1), options: Dict::new(), topic: "a".into(), payload };
        let frame = serializer.encode(&publish.into()).unwrap();
        let expected: &[u8] = match serializer {
            Serializer::Json => br#"[16,1,{},"a",[],{"a":1}]"#,
            Serializer::MsgPack => b"\x96\x10\x01\x80\xa1a\x90\x81\xa1a\x01",
            Serializer::Cbor => b"\x86\x10\x01\xa0\x61a\x80\xa1\x61a\x01",
        };
        assert_eq!(frame, expected);
    }
}

#[test]
fn arguments_may_be_anything() {
    let Message::Event(Event { payload, .. }) = json("[36,1,2,{},null]").unwrap() else { panic!() };
    assert_eq!(payload.args.as_deref(), Some(&b"null"[..]));
    let Message::Error(Error { payload, .. }) = json(r#"[8,48,1,{},"e","x",1]"#).unwrap() else { panic!() };
    assert_eq!(payload.kwargs.as_deref(), Some(&b"1"[..]));
}

#[test]
fn binary_data_in_json_is_base64_behind_a_nul() {
    let data = b"\x10\xe3\xff\x90\x53\x07\x5c\x52\x6f\x5f\xc0\x6d\x4f\xe3\x7c\xdb";
    let text = br#""\u0000EOP/kFMHXFJvX8BtT+N82w==""#;
    let value = Value::Bin(Bytes::from_static(data));
    assert_eq!(Serializer::Json.read_value(text).unwrap(), value);
    assert_eq!(Serializer::Json.write_value(&value), &text[..]);
    assert_eq!(Serializer::Json.read_value(br#""\u0000no Base64""#).unwrap(), "\0no Base64".into());
}

#[test]
fn what_json_cannot_express_is_an_error() {
    let options = Dict::new().with("x", Value::Float(f64::NAN));
    let publish =
        Publish { request: id(1), options, topic: "a".into(), payload: Payload::empty(Serializer::Json) }.into();
    assert!(Serializer::Json.encode(&publish).is_err());
    assert!(Serializer::MsgPack.encode(&publish).is_ok());
    assert_eq!(Serializer::Json.write_value(&Value::Float(f64::INFINITY)), "null");
}

#[test]
fn subprotocols_name_the_formats() {
    for serializer in Serializer::ALL {
        assert_eq!(Serializer::from_subprotocol(serializer.subprotocol()), Some(serializer));
    }
    assert_eq!(Serializer::from_subprotocol("wamp.2.ubjson"), None);
    assert!(Serializer::MsgPack.is_binary() && Serializer::Cbor.is_binary() && !Serializer::Json.is_binary());
}

#[test]
fn values_keep_their_types_in_the_other_format() {
    let json = Bytes::from_static(
        br#"[null,true,0,-1,18446744073709551615,-9223372036854775808,1.0,0.1,"x","\u0000AAE=",[],{},{"a":{"b":[1]}}]"#,
    );
    let msgpack = Serializer::transcode(&json, Serializer::Json, Serializer::MsgPack).unwrap();
    let expected =
        b"\x9d\xc0\xc3\x00\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd3\x80\0\0\0\0\0\0\0\xcb\x3f\xf0\0\0\0\0\0\0\
        \xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a\xa1x\xc4\x02\x00\x01\x90\x80\x81\xa1a\x81\xa1b\x91\x01";
    assert_eq!(msgpack, &expected[..]);
    assert_eq!(Serializer::transcode(&msgpack, Serializer::MsgPack, Serializer::Json).unwrap(), json);
}

#[test]
fn long_lists_get_long_heads() {
    let value = Value::from((0..70_000_u64).collect::<Vec<_>>());
    let msgpack = Serializer::transcode(&Serializer::Json.write_value(&value), Serializer::Json, Serializer::MsgPack);
    assert_eq!(msgpack.unwrap(), Serializer::MsgPack.write_value(&value));
}

#[test]
fn strings_never_have_the_8_bit_length() {
    for (length, head) in [(31, &b"\xbf"[..]), (32, b"\xda\0\x20"), (255, b"\xda\0\xff"), (256, b"\xda\x01\0")] {
        let text = "x".repeat(length);
        let string = [head, text.as_bytes()].concat();
        let value = Value::from(Dict::from_iter([(text.as_str(), Value::from(text.as_str()))]));
        let expected = [b"\x81", &string[..], &string[..]].concat();
        assert_eq!(Serializer::MsgPack.write_value(&value), expected);
        let json = Serializer::Json.write_value(&value);
        assert_eq!(Serializer::transcode(&json, Serializer::Json, Serializer::MsgPack).unwrap(), expected);
        let payload = Payload::empty(Serializer::MsgPack);
        let publish = Publish { request: id(1), options: Dict::new(), topic: text.into(), payload }.into();
        assert_eq!(Serializer::MsgPack.encode(&publish).unwrap(), [b"\x94\x10\x01\x80", &string[..]].concat());
    }
}

#[test]
fn what_has_no_equal_in_json() {
    for msgpack in [
        &b"\xcb\x7f\xf8\0\0\0\0\0\0"[..],
        b"\xca\x7f\x80\0\0",
        b"\x81\x01\x02",
        b"\x81\xc4\x01a\x02",
        b"\xd4\x01\x02",
        b"\xa1\xff",
        b"\x01\x02",
        b"\x92\x01",
        b"",
    ] {
        let slice = Bytes::from_static(msgpack);
        assert!(Serializer::transcode(&slice, Serializer::MsgPack, Serializer::Json).is_err(), "{msgpack:?}");
    }
    for json in ["", "[", "]", "[1,]", "{\"a\"}", "[1] 2", "\"", "\"\\", "[1e999]", "\"\\ud800\""] {
        let slice = Bytes::from_static(json.as_bytes());
        assert!(Serializer::transcode(&slice, Serializer::Json, Serializer::MsgPack).is_err(), "{json}");
    }
}

#[test]
fn undefined_of_javascript_is_null() {
    let undefined = Bytes::from_static(b"\x81\xa1a\xd4\x00\x00");
    let json = Serializer::transcode(&undefined, Serializer::MsgPack, Serializer::Json).unwrap();
    assert_eq!(json, &br#"{"a":null}"#[..]);
    let frame = b"\x94\x20\x01\x82\xa5match\xd4\x00\x00\xacget_retained\xd4\x00\x00\xa1t";
    let Message::Subscribe(subscribe) = Serializer::MsgPack.decode(Bytes::from_static(frame)).unwrap() else {
        panic!()
    };
    assert_eq!((subscribe.options.get("match"), &*subscribe.topic), (None, "t"));
    assert!(
        Serializer::MsgPack.read_value(b"\xd4\x00\x01").is_err()
            && Serializer::MsgPack.read_value(b"\xd4\x00").is_err()
    );
}

#[test]
fn hostile_nesting_is_not_transcoded() {
    for n in [MAX_DEPTH, 1_000_000] {
        let json = Bytes::from("[".repeat(n) + &"]".repeat(n));
        assert!(Serializer::transcode(&json, Serializer::Json, Serializer::MsgPack).is_err());
        let msgpack = Bytes::from([vec![0x91; n], vec![0xc0]].concat());
        assert!(Serializer::transcode(&msgpack, Serializer::MsgPack, Serializer::Json).is_err());
    }
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let Err(DecodeError::Invalid { message, field, .. }) = json(r#"[36,1,2,{"publisher":"x"}]"#) else { panic!() };
    assert_eq!((message, &*field), ("EVENT", "Details.publisher"));
}

#[test]
fn the_depth_of_a_value_is_that_of_its_lists_and_dictionaries() {
    let json =
        [(&b"1"[..], 0), (b"\"[[\\\"[\"", 0), (b" [ ] ", 1), (b"[{}, [[]], []]", 3), (b"{\"a[\":{\"b\":[1]}}", 3)];
    let msgpack = [
        (&b"\x01"[..], 0),
        (b"\xa2\x91\x91", 0),
        (b"\x90", 1),
        (b"\x93\x80\x91\x90\x90", 3),
        (b"\xdc\0\x01\xdf\0\0\0\x01\x01\x02", 2),
    ];
    let cbor = [
        (&b"\x01"[..], 0),
        (b"\x42\x81\x81", 0),
        (b"\x80", 1),
        (b"\xc1\xc1\x01", 0),
        (b"\x83\xa0\x81\x80\x80", 3),
        (b"\x9f\xc1\xbf\x01\x9f\xff\xff\x81\x80\xff", 3),
        (b"\x9f\x7f\x61a\xff\x82\x01\xc2\x41\x01\x80\xff", 2),
    ];
    let of = |format, cases: &[(&'static [u8], usize)]| cases.iter().map(|case| (format, *case)).collect::<Vec<_>>();
    let all = [of(Serializer::Json, &json), of(Serializer::MsgPack, &msgpack), of(Serializer::Cbor, &cbor)].concat();
    for (format, (value, depth)) in all {
        assert!(format.nests_within(value, depth), "{format:?} {value:x?}");
        assert!(depth == 0 || !format.nests_within(value, depth - 1), "{format:?} {value:x?}");
    }
    let bomb = vec![0x91; 1_000_000];
    assert!(!Serializer::MsgPack.nests_within(&bomb, 100) && !Serializer::Cbor.nests_within(&[0x81; 1_000_000], 100));
}
