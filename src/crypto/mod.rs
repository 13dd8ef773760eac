//! Diffie-Hellman, key derivation and keystream: pure, no IO.

pub(crate) mod derive;
pub(crate) mod dh;
pub(crate) mod keystream;
mod rc4;
mod window;
