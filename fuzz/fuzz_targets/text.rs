#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    loowy_fuzz::net::url(text);
    loowy_fuzz::text::uri(text);
    loowy_fuzz::text::challenge(text);
});
