//! The Diffie-Hellman exchange over the 768-bit P of the specification, with G = 2 and private exponents of 160 bits.
//!
//! Everything that depends on a private exponent takes the same time and the same path through memory whatever its
//! value.

// The toy stands in for the arithmetic then.
#![cfg_attr(tokio_mse_toy_exchange, allow(dead_code, unused_imports))]

mod comb;
mod exponent;
#[cfg(any(feature = "fast", not(feature = "rustcrypto")))]
mod field;
#[cfg(all(feature = "rustcrypto", not(feature = "fast")))]
#[path = "../rustcrypto/field.rs"]
mod field;
mod group;
pub(crate) mod search;
#[cfg(tokio_mse_toy_exchange)]
mod toy;
mod window;

#[cfg(test)]
mod tests;

use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use exponent::Exponent;
use field::{Element, modulus};
use group::P_BYTES;

/// The length of a public key and of S in bytes. Both are padded on the left: an implementation that strips leading
/// zeros fails one handshake in 256 (libtorrent PR 8434, rTorrent PR 894).
pub(crate) const PUBLIC_KEY_LEN: usize = 96;

/// A public key that is not in `[2, P-2]`. It would make S known to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DegenerateKey;

/// A private exponent of 160 bits, for one exchange. Wiped on drop, never printed.
pub struct PrivateKey(Exponent);

impl PrivateKey {
    /// The length in bytes.
    pub const LEN: usize = Exponent::LEN;

    /// Draws an exponent.
    pub fn generate() -> Self {
        Self::draw(&mut rand::rng())
    }

    pub(crate) fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut exponent = Exponent([0; Self::LEN]);
        rng.fill_bytes(&mut exponent.0);
        Self(exponent)
    }

    /// The exponent with these big-endian bytes: for reproducible transcripts.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(Exponent(bytes))
    }

    /// `2^x mod P`, in constant time.
    #[cfg(not(tokio_mse_toy_exchange))]
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        let m = modulus();
        let mut power = comb::power_of_two(&self.0, m);
        let bytes = power.to_bytes(m);
        power.zeroize();
        bytes
    }

    #[cfg(tokio_mse_toy_exchange)]
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        toy::public_key(&self.0)
    }

    /// `Y^x mod P` in constant time, if Y is in `[2, P-2]`.
    pub(crate) fn shared_secret(self, peer: &[u8; PUBLIC_KEY_LEN]) -> Result<SharedSecret, DegenerateKey> {
        let secret = SharedSecret(self.power(peer));
        // Afterwards, so that a refusal takes as long as an answer.
        if is_degenerate(peer) {
            return Err(DegenerateKey);
        }
        Ok(secret)
    }

    #[cfg(not(tokio_mse_toy_exchange))]
    fn power(&self, peer: &[u8; PUBLIC_KEY_LEN]) -> [u8; PUBLIC_KEY_LEN] {
        let m = modulus();
        let mut power = window::power(&Element::from_bytes(peer, m), &self.0, m);
        let bytes = power.to_bytes(m);
        power.zeroize();
        bytes
    }

    #[cfg(tokio_mse_toy_exchange)]
    fn power(&self, peer: &[u8; PUBLIC_KEY_LEN]) -> [u8; PUBLIC_KEY_LEN] {
        toy::power(peer, &self.0)
    }
}

/// S, always 96 bytes. Wiped on drop, never printed.
pub(crate) struct SharedSecret([u8; PUBLIC_KEY_LEN]);

impl SharedSecret {
    pub(crate) const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.0
    }

    #[cfg(test)]
    pub(super) const fn from_bytes(bytes: [u8; PUBLIC_KEY_LEN]) -> Self {
        Self(bytes)
    }
}

impl Drop for SharedSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for SharedSecret {}

/// A public key is no secret, so this may stop at the first byte that differs.
fn is_degenerate(y: &[u8; PUBLIC_KEY_LEN]) -> bool {
    const LEAST: [u8; PUBLIC_KEY_LEN] = {
        let mut two = [0; PUBLIC_KEY_LEN];
        two[PUBLIC_KEY_LEN - 1] = 2;
        two
    };
    const MOST: [u8; PUBLIC_KEY_LEN] = {
        let mut p_minus_2 = P_BYTES;
        p_minus_2[PUBLIC_KEY_LEN - 1] -= 2;
        p_minus_2
    };
    *y < LEAST || *y > MOST
}
