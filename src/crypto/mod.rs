//! Diffie-Hellman, key derivation and keystream: pure, no IO.

pub(crate) mod derive;
pub(crate) mod dh;
pub(crate) mod keystream;
mod rc4;
pub(crate) mod search;
mod window;
