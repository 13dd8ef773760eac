//! The rules that the stream and the handshake driver keep, one test or more for each. The number in a test's name is
//! the rule's: W for writing, F for flush and shutdown, R for reading, S for ownership and secrets, H for the handshake
//! driver.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "of numbers made into patterns of bytes"
)]

#[path = "../support/mod.rs"]
mod support;

mod answer_timeout;
mod builders;
mod deadline;
mod flush_shutdown;

mod giveaways;
mod handshake_bounds;
mod handshake_cuts;
mod handshake_flights;
mod handshake_tolerance;
mod last_flight;
mod other_mode;
mod ownership;
mod reading;

mod redial;
mod saturation;
mod secrets;
mod traces;
mod transparency;
mod verified_skey;

mod writing;
mod writing_refused;
mod writing_vectored;
