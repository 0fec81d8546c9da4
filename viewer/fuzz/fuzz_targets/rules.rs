//! Rules from anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/open.rs"]
#[expect(dead_code, reason = "the other targets use the rest")]
mod open;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        open::rules(text, &taskscope_proto::model::Profile::default());
    }
});
