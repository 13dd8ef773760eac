#![no_main]

#[path = "../../fuzzed/harness/mod.rs"]
mod harness;

#[global_allocator]
static HEAP: harness::heap::Counting = harness::heap::Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::responder::check(data));
