//! What is wiped before its memory is freed: secrets are looked for in every freed block. A binary of its own, because
//! the allocator is global.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod freed;
mod futures;
mod machines;
#[cfg(feature = "fast")]
mod primitives;
#[path = "../support/mod.rs"]
mod support;

#[global_allocator]
static ALLOCATOR: freed::Collecting = freed::Collecting;
