#![no_main]

libfuzzer_sys::fuzz_target!(|choices: &[u8]| loowy_fuzz::realm::run(choices));
