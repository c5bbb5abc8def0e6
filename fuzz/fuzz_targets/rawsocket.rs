#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| loowy_fuzz::rawsocket::client(bytes));
