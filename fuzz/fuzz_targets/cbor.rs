#![no_main]

libfuzzer_sys::fuzz_target!(|frame: &[u8]| loowy_fuzz::codec::decode(wamp_proto::Serializer::Cbor, frame));
