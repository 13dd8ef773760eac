//! The handshake machines without IO: against known answers, against a foreign implementation, against each other.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

mod answered;
mod deliver;
mod detection;
mod fields;
mod foreign;
mod hints;
mod known_answers;
mod machines;
mod outcome;
mod policies;
mod recorded;
mod resynchronisation;
mod vectors;
