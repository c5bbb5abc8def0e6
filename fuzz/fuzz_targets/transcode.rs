#![no_main]

libfuzzer_sys::fuzz_target!(|value: &[u8]| loowy_fuzz::codec::transcode(value));
