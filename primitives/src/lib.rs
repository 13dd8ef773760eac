#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![allow(
    clippy::cast_possible_truncation,
    reason = "a cast takes the low byte of a word, the low limb of a sum, or a small constant"
)]
#![allow(
    clippy::inline_always,
    reason = "these functions are a few instructions long, and a call or a loop around one is measurably slower"
)]
#![cfg_attr(
    feature = "__internals",
    allow(
        clippy::missing_panics_doc,
        clippy::wildcard_imports,
        reason = "the statements are tests, which `tests/symbolic` calls"
    )
)]

mod field;
pub mod group;
mod processor;
pub mod rc4;

/// What the race between the formulations, the check of constant time and the comparison with verified arithmetic need.
#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals {
    pub use crate::field::internals as field;
    pub use crate::processor::internals::{choose, uses_bytes, uses_columns};

    /// What holds for every operand. A function panics if its statement does not hold.
    pub mod statements {
        pub use crate::field::statements::*;
        pub use crate::group::statements::*;
    }
}

/// How property tests run: always with the same cases. `PROPTEST_CASES` asks for more of them.
#[cfg(test)]
fn properties(default: u32) -> proptest::test_runner::Config {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    proptest::test_runner::Config {
        cases: cases.unwrap_or(default),
        rng_seed: proptest::test_runner::RngSeed::Fixed(768),
        ..Default::default()
    }
}
