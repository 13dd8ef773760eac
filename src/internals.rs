//! Internals for the benchmarks and the fuzz targets of the repository. Exempt from semantic versioning.

#![allow(missing_docs)]

use crate::crypto::dh::PrivateKey;
use crate::crypto::keystream::Keystream;

/// The cipher of this build.
pub use crate::crypto::rc4::Rc4;
pub use crate::handshake::initiator::after_key_exchange as initiator;
pub use crate::handshake::responder::after_key_exchange as responder;

/// The RC4 keystreams of both directions.
pub fn keystreams(a: &[u8; 20], b: &[u8; 20]) -> (Keystream, Keystream) {
    Keystream::pair(a, b)
}

/// `2^x mod P`.
pub fn public_key(exponent: &[u8; 20]) -> [u8; 96] {
    PrivateKey::from_bytes(*exponent).public_key()
}

/// `Y^x mod P`, or `None` if Y is not in `[2, P-2]`.
pub fn shared_secret(exponent: &[u8; 20], peer: &[u8; 96]) -> Option<[u8; 96]> {
    let secret = PrivateKey::from_bytes(*exponent).shared_secret(peer).ok()?;
    Some(*secret.as_bytes())
}
