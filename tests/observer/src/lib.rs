//! The observer: everything that somebody who sees the wire, and no key, can say about a connection.
//!
//! Written from the published description of each rule and free of the crate that is judged, so that a mistake in the
//! sender cannot hide behind the same mistake in the judge.
// Shared by the tests, which use all of it, and by an example, which uses a part.
#![allow(dead_code)]
// Counts are far below 2^53, floats are compared where they are exact, and every index is into an array made here.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    clippy::indexing_slicing
)]
// Prose names protocols, and a verdict is one independent answer a rule.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

pub(crate) mod flow;
pub(crate) mod rules;
pub(crate) mod seeded;
pub(crate) mod statistics;
pub(crate) mod verdict;

#[cfg(test)]
pub(crate) mod openings;
