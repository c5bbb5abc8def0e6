//! One payload crosses all formats without loss, whoever wrote it.
//!
//! What a format cannot say is the exception: JSON knows neither NaN nor infinity, and keeps texts that begin with a NUL
//! for binary data. A text that would be taken for such arrives as binary data of the same bytes.
#![allow(clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use wamp_proto::{Payload, Serializer, Value};

fn text() -> impl Strategy<Value = String> {
    let binary_alike = vec(any::<u8>(), 0..9).prop_map(|data| format!("\0{}", BASE64_STANDARD.encode(data)));
    prop_oneof![4 => any::<String>(), 1 => binary_alike, 1 => Just("\0".to_owned()), 1 => "[a-zé日\u{1f600}]{0,300}"]
}

fn integer() -> impl Strategy<Value = Value> {
    let edges = (0..64_u32, -2_i64..3).prop_map(|(bits, near)| (1_i64 << bits).wrapping_add(near));
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        edges.clone().prop_map(Value::Int),
        edges.prop_map(|n| Value::Int(n.wrapping_neg())),
        (i64::MAX as u64 + 1..).prop_map(Value::Uint),
        Just(Value::Uint(u64::MAX)),
    ]
}

/// Of all sizes, those that fit in 16 and 32 bits among them.
fn float() -> impl Strategy<Value = Value> {
    let special = prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 65_504.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1]);
    let small = any::<i16>().prop_map(|n| f64::from(n) / 16.0);
    let single = any::<f32>().prop_map(f64::from);
    prop_oneof![any::<f64>(), special, small, single]
        .prop_filter("JSON has finite numbers only", |n| n.is_finite())
        .prop_map(Value::Float)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        integer(),
        float(),
        text().prop_map(Value::from),
        vec(any::<u8>(), 0..300).prop_map(|data| Value::Bin(data.into())),
        Just(Value::List(vec![])),
        Just(Value::Dict(wamp_proto::Dict::new())),
    ];
    leaf.prop_recursive(6, 64, 30, |inner| {
        let dict = btree_map(any::<String>(), inner.clone(), 0..30);
        prop_oneof![
            vec(inner, 0..30).prop_map(Value::List),
            dict.prop_map(|members| Value::Dict(members.into_iter().collect())),
        ]
    })
}

/// The value after it has been JSON.
fn through_json(value: Value) -> Value {
    match value {
        Value::Str(text) if is_binary_alike(&text) => Value::Bin(text.into_bytes()),
        Value::List(list) => Value::List(list.into_iter().map(through_json).collect()),
        Value::Dict(dict) => Value::Dict(dict.iter().map(|(k, v)| (k.clone(), through_json(v.clone()))).collect()),
        other => other,
    }
}

fn is_binary_alike(text: &str) -> bool {
    text.strip_prefix('\0').is_some_and(|rest| BASE64_STANDARD.decode(rest).is_ok())
}

/// Its bits, so that 0.0 and -0.0 differ.
fn same(a: &Value, b: &Value) -> bool {
    Serializer::MsgPack.write_value(a) == Serializer::MsgPack.write_value(b)
}

/// CBOR as it is allowed to be: a source of choices makes heads wider than they need be, cuts strings and lists into
/// pieces, puts tags before anything, writes integers as bignums.
struct Writer<'a> {
    out: Vec<u8>,
    choices: std::iter::Cycle<std::slice::Iter<'a, u8>>,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % of)
    }

    fn head(&mut self, major: u8, argument: u64) {
        let needed = match argument {
            0..24 => 0,
            24..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 3,
            _ => 4,
        };
        let bytes = argument.to_be_bytes();
        match needed + self.choose(5 - needed) {
            0 => self.out.push(major << 5 | argument as u8),
            width @ 1..=4 => {
                self.out.push(major << 5 | (23 + width));
                self.out.extend_from_slice(&bytes[8 - (1 << (width - 1))..]);
            }
            _ => unreachable!(),
        }
    }

    fn tag(&mut self) {
        match self.choose(6) {
            0 => self.head(6, 55_799),
            1 => self.head(6, 2),
            2 => self.head(6, 1_000_000_000_000),
            _ => {}
        }
    }

    /// Not a tag that means something before a byte string.
    fn harmless_tag(&mut self) {
        if self.choose(4) == 0 {
            self.head(6, 64);
        }
    }

    fn string(&mut self, major: u8, pieces: Vec<&[u8]>) {
        let whole = pieces.concat();
        if self.choose(3) > 0 {
            self.head(major, whole.len() as u64);
            return self.out.extend_from_slice(&whole);
        }
        self.out.push(major << 5 | 31);
        for piece in pieces {
            self.head(major, piece.len() as u64);
            self.out.extend_from_slice(piece);
        }
        self.out.push(0xff);
    }

    fn text(&mut self, text: &str) {
        let at = (0..text.len()).filter(|&at| text.is_char_boundary(at)).nth(self.choose(9).into()).unwrap_or(0);
        self.string(3, vec![&text.as_bytes()[..at], &text.as_bytes()[at..]]);
    }

    fn integer(&mut self, is_negative: bool, n: u64) {
        if self.choose(4) > 0 {
            self.tag();
            return self.head(u8::from(is_negative), n);
        }
        let zeros = self.choose(3).into();
        let bytes = [vec![0; zeros], n.to_be_bytes().to_vec()].concat();
        self.head(6, 2 + u64::from(is_negative));
        self.string(2, vec![&bytes[..1], &bytes[1..]]);
    }

    fn float(&mut self, value: f64) {
        self.tag();
        let single = value as f32;
        if f64::from(single).to_bits() == value.to_bits() && self.choose(2) == 0 {
            self.out.push(0xfa);
            return self.out.extend_from_slice(&single.to_be_bytes());
        }
        self.out.push(0xfb);
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    /// Begins a list or dictionary; whether it needs an end.
    fn begin(&mut self, major: u8, count: usize) -> bool {
        self.tag();
        let indefinite = self.choose(2) == 0;
        if indefinite {
            self.out.push(major << 5 | 31)
        } else {
            self.head(major, count as u64)
        }
        indefinite
    }

    fn end(&mut self, indefinite: bool) {
        if indefinite {
            self.out.push(0xff);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => {
                self.tag();
                let null = 0xf6 + self.choose(2);
                self.out.push(null);
            }
            Value::Bool(value) => self.out.push(0xf4 + u8::from(*value)),
            Value::Int(n) if *n < 0 => self.integer(true, !*n as u64),
            Value::Int(n) => self.integer(false, *n as u64),
            Value::Uint(n) => self.integer(false, *n),
            Value::Float(value) => self.float(*value),
            Value::Str(text) => {
                self.tag();
                self.text(text);
            }
            Value::Bin(data) => {
                self.harmless_tag();
                let (first, rest) = data.split_at(data.len() / 2);
                self.string(2, vec![first, b"", rest]);
            }
            Value::List(list) => {
                let indefinite = self.begin(4, list.len());
                list.iter().for_each(|value| self.value(value));
                self.end(indefinite);
            }
            Value::Dict(dict) => {
                let indefinite = self.begin(5, dict.len());
                for (key, value) in dict.iter() {
                    self.tag();
                    self.text(key);
                    self.value(value);
                }
                self.end(indefinite);
            }
        }
    }
}

fn as_anybody_writes_it(value: &Value, choices: &[u8]) -> Bytes {
    let mut writer = Writer { out: Vec::new(), choices: choices.iter().cycle() };
    writer.value(value);
    writer.out.into()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_pair_of_formats(value in value()) {
        for from in [Serializer::MsgPack, Serializer::Cbor] {
            for to in Serializer::ALL {
                let there = Serializer::transcode(&from.write_value(&value), from, to).unwrap();
                let expected = if to == Serializer::Json { through_json(value.clone()) } else { value.clone() };
                prop_assert!(same(&to.read_value(&there).unwrap(), &expected), "{:?} to {:?}", from, to);
                let back = Serializer::transcode(&there, to, from).unwrap();
                prop_assert_eq!(back, from.write_value(&expected), "{:?} to {:?} and back", from, to);
            }
        }
        let value = through_json(value);
        let json = Serializer::Json.write_value(&value);
        for to in Serializer::ALL {
            let there = Serializer::transcode(&json, Serializer::Json, to).unwrap();
            prop_assert_eq!(&there, &to.write_value(&value));
            prop_assert_eq!(Serializer::transcode(&there, to, Serializer::Json).unwrap(), &json);
        }
    }

    #[test]
    fn every_chain_of_formats(value in value(), chain in vec(prop::sample::select(&Serializer::ALL[..]), 1..9)) {
        let first = if chain[0] == Serializer::Json { Serializer::MsgPack } else { chain[0] };
        let members = wamp_proto::Dict::new().with("value", value.clone());
        let payload = Payload::from_values(first, Some(vec![value.clone()]), Some(members));
        let there = chain.iter().fold(payload, |payload, &next| payload.to(next).unwrap());
        let was_json = chain.contains(&Serializer::Json);
        let value = if was_json { through_json(value) } else { value };
        let expected = Payload::from_values(there.serializer, Some(vec![value.clone()]), None);
        prop_assert_eq!(&there.args, &expected.args);
        let kwargs = there.serializer.read_value(&there.kwargs.unwrap()).unwrap();
        prop_assert!(same(kwargs.as_dict().and_then(|dict| dict.iter().next()).unwrap().1, &value));
    }

    #[test]
    fn cbor_as_anybody_writes_it(value in value(), choices in vec(any::<u8>(), 1..64)) {
        let item = as_anybody_writes_it(&value, &choices);
        prop_assert!(same(&Serializer::Cbor.read_value(&item).unwrap(), &value));
        for to in [Serializer::Json, Serializer::MsgPack] {
            let there = Serializer::transcode(&item, Serializer::Cbor, to).unwrap();
            let expected = if to == Serializer::Json { through_json(value.clone()) } else { value.clone() };
            prop_assert_eq!(there, to.write_value(&expected));
        }
        let list = [&b"\x83\x18\x25\x01"[..], &item].concat();
        prop_assert!(Serializer::Cbor.decode(list.into()).is_err());
        let event = [&b"\x9f\x18\x24\x01\x02\xbf\xff\x81"[..], &item, b"\xff"].concat();
        let message = Serializer::Cbor.decode(event.into()).unwrap();
        prop_assert_eq!(&message.payload().unwrap().args.as_deref().unwrap()[1..], &item);
    }

    #[test]
    fn not_a_number_and_infinity_are_for_the_binary_formats(is_nan: bool, sign: bool, list: bool) {
        let float = if is_nan { f64::NAN } else { f64::INFINITY };
        let value = Value::Float(if sign { -float } else { float });
        let value = if list { Value::List(vec![value]) } else { value };
        for (from, to) in [(Serializer::MsgPack, Serializer::Cbor), (Serializer::Cbor, Serializer::MsgPack)] {
            let there = Serializer::transcode(&from.write_value(&value), from, to).unwrap();
            let read = to.read_value(&there).unwrap();
            prop_assert_eq!(format!("{read:?}"), format!("{:?}", Serializer::MsgPack.read_value(
                &Serializer::MsgPack.write_value(&value)).unwrap()));
            prop_assert!(Serializer::transcode(&there, to, Serializer::Json).is_err());
            prop_assert!(Serializer::Json.try_write_value(&value).is_err());
        }
    }
}
