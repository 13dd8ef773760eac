//! What an observer of the wire, who has no key, can tell about a connection: published detection rules and statistics.
//!
//! The rules are written from their published descriptions, without the library that they judge. `observed` applies them
//! to the library's own connections. The tests take small samples in a debug build, and the published ones in a
//! release build: `cargo test --release -p mse-observer`.

#![allow(missing_docs)]
// Counts are far below 2^53, floats are compared where they are exact, and every index is into an array made here.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    clippy::indexing_slicing
)]

pub mod flow;
pub mod observed;
pub mod rules;
pub mod seeded;
pub mod statistics;
pub mod verdict;

#[cfg(test)]
pub(crate) mod openings;
