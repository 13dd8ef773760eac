//! What the example programs have in common: their arguments, how they begin and end, and what they print.

#![allow(
    dead_code,
    reason = "each program includes all of it, and none needs all of it"
)]

pub(crate) mod address;
pub(crate) mod chain;
pub(crate) mod disguise;
pub(crate) mod encryption;
pub(crate) mod exit;
pub(crate) mod handshake;
pub(crate) mod info_hash;
pub(crate) mod linger;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod mode;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod seconds;
pub(crate) mod speed;
