//! The Diffie-Hellman group of MSE: the integers modulo the 768-bit prime [`P`], with the generator 2.
//!
//! Everything that depends on an exponent takes the same time and the same path through memory for every exponent.
//! Exponents and numbers are big endian; numbers have all 96 bytes, leading zeros included.
//!
//! ```
//! use mse_primitives::group::{public_key, shared_secret};
//!
//! // Use 20 bytes from a cryptographic generator, new ones for each connection.
//! let (a, b) = ([0x11; 20], [0x22; 20]);
//! let (public_a, public_b) = (public_key(&a), public_key(&b));
//! let secret = shared_secret(&a, &public_b).expect("an honest key");
//! assert_eq!(shared_secret(&b, &public_a), Some(secret));
//! ```

mod comb;
#[cfg(any(test, kani, feature = "__internals"))]
pub(crate) mod statements;
#[cfg(test)]
mod tests;
mod window;

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::field::{Element, modulus};

#[doc(inline)]
pub use crate::field::P_BYTES as P;

/// The length in bytes of a public key and of a shared secret.
pub const KEY_LEN: usize = 96;

/// The length in bytes of a private exponent.
pub const EXPONENT_LEN: usize = 20;

/// `2^x mod P`, in constant time.
pub fn public_key(exponent: &[u8; EXPONENT_LEN]) -> [u8; KEY_LEN] {
    Power::of_two(exponent).to_bytes()
}

/// `Y^x mod P` in constant time, or nothing if `Y` is not in `[2, P-2]`: everybody would know the secret.
pub fn shared_secret(exponent: &[u8; EXPONENT_LEN], peer: &[u8; KEY_LEN]) -> Option<[u8; KEY_LEN]> {
    let secret = Power::of(peer, exponent).to_bytes();
    // Checked afterwards, so that a refusal takes as long as an answer.
    (!is_degenerate(peer)).then_some(secret)
}

/// Whether a public key is outside `[2, P-2]`. Not constant in time: a public key is not secret.
pub fn is_degenerate(public_key: &[u8; KEY_LEN]) -> bool {
    let (mut least, mut most) = ([0; KEY_LEN], P);
    least[KEY_LEN - 1] = 2;
    most[KEY_LEN - 1] -= 2;
    *public_key < least || *public_key > most
}

/// A power of 2 or of a public key: for searches, where the next candidate is a product and not an exponentiation.
///
/// Wiped on drop; `Debug` prints nothing of it.
///
/// ```
/// use mse_primitives::group::{Power, public_key};
///
/// // 2^(x + s) = 2^x * 2^s
/// let (x, step) = ([1; 20], [2; 20]);
/// assert_eq!(Power::of_two(&x).times(&Power::of_two(&step)).to_bytes(), public_key(&[3; 20]));
/// ```
pub struct Power(Element);

impl Power {
    /// `2^exponent mod P`, in constant time.
    pub fn of_two(exponent: &[u8; EXPONENT_LEN]) -> Self {
        Self(comb::power_of_two(exponent, modulus()))
    }

    /// `base^exponent mod P`, in constant time. The base may be any 96 bytes, P and more included.
    pub fn of(base: &[u8; KEY_LEN], exponent: &[u8; EXPONENT_LEN]) -> Self {
        let m = modulus();
        Self(window::power(&Element::from_bytes(base, m), exponent, m))
    }

    /// The product of the two.
    #[must_use]
    pub fn times(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0, modulus()))
    }

    /// The number in `[0, P-1]`.
    pub fn to_bytes(&self) -> [u8; KEY_LEN] {
        self.0.to_bytes(modulus())
    }
}

impl fmt::Debug for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Power(..)")
    }
}

impl Drop for Power {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Power {}

/// Bit `n` of an exponent, counted from the lowest.
fn bit(exponent: &[u8; EXPONENT_LEN], n: usize) -> usize {
    usize::from(exponent[EXPONENT_LEN - 1 - n / 8] >> (n % 8) & 1)
}
