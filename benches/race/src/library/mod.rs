//! The library's own source two times, each with the answer that it would get from another kind of processor.

#![allow(dead_code, unreachable_pub)]

pub mod bytes_and_columns;
pub mod words_and_rows;

/// The library's own question to the processor.
#[path = "../../../../src/crypto/processor.rs"]
mod processor;

pub fn prefers_bytes_and_columns() -> bool {
    processor::prefers_bytes_and_columns()
}
