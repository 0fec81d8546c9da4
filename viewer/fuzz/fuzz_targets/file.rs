//! A file from anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/open.rs"]
#[expect(dead_code, reason = "the other targets use the rest")]
mod open;

fuzz_target!(|bytes: &[u8]| {
    open::file(bytes);
});
