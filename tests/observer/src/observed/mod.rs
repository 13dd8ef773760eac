//! Our own connections, recorded and given to the observer.
// Shared by the tests, which use all of it, and by an example, which uses a part.
#![allow(dead_code)]
// A connection that fails ends the test, or the example.
#![allow(clippy::unwrap_used)]
// Counts are far below 2^53, and an index out of range is a failed test.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing
)]

pub(crate) mod profiles;
pub(crate) mod recorded;
pub(crate) mod session;

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

/// How many of something to make: a few where the compiler did not optimise, enough for the published figures where it
/// did.
pub(crate) const fn sample(unoptimised: usize, optimised: usize) -> usize {
    if cfg!(debug_assertions) {
        unoptimised
    } else {
        optimised
    }
}
