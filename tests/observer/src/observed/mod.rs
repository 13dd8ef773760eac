//! Our own connections, recorded and given to the observer.
// A connection that fails ends the test, or the program.
#![allow(clippy::unwrap_used)]
// Counts are far below 2^53, and an index out of range is a failed test.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing
)]

pub mod profiles;
pub mod recorded;
pub mod session;

#[cfg(test)]
mod clear_text;
#[cfg(test)]
mod close;
#[cfg(test)]
mod downgrade;
#[cfg(test)]
mod first_flights;
#[cfg(test)]
mod lengths;
#[cfg(test)]
mod probed;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod real_clients;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod shares;

/// How many of something to make: a few in a debug build, enough for the published figures in a release build.
#[cfg(test)]
pub(crate) const fn sample(unoptimised: usize, optimised: usize) -> usize {
    if cfg!(debug_assertions) {
        unoptimised
    } else {
        optimised
    }
}
