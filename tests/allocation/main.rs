//! What is allocated: by writes (W9), by lengths from the wire (H8), by half-open handshakes (L6), and by idle streams. A
//! binary of its own, because the allocator is global.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod announced;
mod counting;
mod half_open;
mod idle;
mod sizes;
#[path = "../support/mod.rs"]
mod support;
mod writes;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;
