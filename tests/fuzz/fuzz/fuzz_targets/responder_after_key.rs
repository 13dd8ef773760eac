#![no_main]

use mse_oracle::heap::Counting;

#[global_allocator]
static HEAP: Counting = Counting;

libfuzzer_sys::fuzz_target!(|data: &[u8]| mse_fuzz::responder::check_after_key(data));
