//! What several tests use: transports that misbehave on purpose, peers, and established streams.
#![allow(dead_code, reason = "every test binary uses its own part of these")]

pub(crate) mod call_log;
pub(crate) mod cases;
pub(crate) mod close_guard;
pub(crate) mod exchange;
pub(crate) mod fail_at;
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unwrap_used,
    reason = "words are the low bits of sums, and a test fails by panicking"
)]
pub(crate) mod foreign;
pub(crate) mod heap;
pub(crate) mod hostile;
pub(crate) mod late_flush;
pub(crate) mod one_way;
pub(crate) mod pair;
pub(crate) mod peer;
pub(crate) mod poll;
pub(crate) mod script;
pub(crate) mod serve;
pub(crate) mod spawn;
pub(crate) mod watched;
pub(crate) mod write_limit;
