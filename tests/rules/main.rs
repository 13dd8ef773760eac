//! The rules that the stream and the handshake driver keep, one test or more for each. The number in a test's name is
//! the rule's: W for writing, F for flush and shutdown, R for reading, S for ownership and secrets, H for the handshake.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "of numbers made into patterns of bytes"
)]

#[path = "../support/mod.rs"]
mod support;

mod accepting;
mod answer_timeout;
mod broken;
mod deadline;
#[cfg(unix)]
mod descriptors;
mod dialling;
mod downgrade;
mod flush_shutdown;
mod future_sizes;
mod giveaways;
mod halves;
mod handshake_bounds;
mod handshake_cuts;
mod handshake_flights;
mod handshake_tolerance;
mod joined_halves;
mod last_flight;
mod loopback;
mod other_mode;
mod ownership;
mod parts;
mod reading;
mod redial;
mod saturation;
mod secrets;
mod surplus;
mod traces;
mod transparency;
mod vectored_reads;
mod vectored_source;
mod verified_skey;
mod writing;
mod writing_refused;
mod writing_vectored;

/// For the tests that measure memory.
#[global_allocator]
static HEAP: support::heap::Counting = support::heap::Counting;
