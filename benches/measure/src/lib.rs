//! What the measurements share.

#![allow(missing_docs, clippy::unwrap_used)]

pub mod both_ends;
pub mod clock;
pub mod control;
pub mod page;
pub mod processor;
pub mod race;
pub mod writer;
