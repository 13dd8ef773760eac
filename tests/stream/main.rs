//! The established stream as a thing that is taken apart, split, put together again, and that breaks. The letter and
//! number in a test's name are those of the rule that it holds, as in `tests/rules`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "of numbers made into patterns of bytes"
)]

#[path = "../support/mod.rs"]
mod support;

mod broken;
#[cfg(unix)]
mod descriptors;
mod halves;
mod joined_halves;
mod parts;
mod vectored_reads;
mod vectored_source;
