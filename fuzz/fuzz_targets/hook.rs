//! Feeds `hook` with the fuzzer's bytes; what must hold stands in `invariants.rs`, which the tests share.
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::hook(data));
