//! The protocol: the handshake machines against known answers, against an independent implementation and against each
//! other; policies, errors and info-hashes; whole connections without a runtime; and clients with known faults.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

#[path = "../support/mod.rs"]
mod support;

mod aes;
mod answered;
mod deliver;
mod detection;
mod dialler_errors;
mod fields;
mod hints;
mod known_answers;
mod machines;
mod outcome;
mod policies;
mod quirks;
mod recorded;
mod resynchronisation;
mod same_role;
mod sans_io;
mod skeys;
mod vectors;
