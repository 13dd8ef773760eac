//! Diffie-Hellman, key derivation and keystream, without IO.
//!
//! The group and the cipher come from the crates `crypto-bigint` and `rc4`, or with the feature `fast` from
//! `mse-primitives`. The modules `group` and `rc4` have the same interface in both cases.

#[cfg(feature = "unstable-aes")]
mod aes;
pub(crate) mod derive;
pub(crate) mod dh;
#[cfg(not(feature = "fast"))]
mod group;
pub(crate) mod keystream;
#[cfg(not(feature = "fast"))]
pub(crate) mod rc4;

#[cfg(feature = "fast")]
pub(crate) use mse_primitives::{group, rc4};
