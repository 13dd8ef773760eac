//! Diffie-Hellman over the 768-bit prime P of the specification, with G = 2 and private exponents of 160 bits.
//!
//! Everything that depends on a private exponent takes the same time and the same path through memory for every exponent.

#[cfg(test)]
pub(super) mod tests;

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::group::{self, Power};

/// The length of a public key and of S in bytes. Both are padded on the left: an implementation that strips leading
/// zeros fails one handshake in 256 (libtorrent PR 8434, rTorrent PR 894).
pub(crate) const PUBLIC_KEY_LEN: usize = 96;

/// The public key is not in `[2, P-2]`, so everybody would know S.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DegenerateKey;

/// A private exponent of 160 bits, for one exchange. On the heap, so that a move does not copy it; wiped on drop, never
/// printed.
pub struct PrivateKey(Box<Zeroizing<[u8; Self::LEN]>>);

impl PrivateKey {
    /// The length in bytes.
    pub const LEN: usize = 20;

    /// Draws an exponent.
    pub fn generate() -> Self {
        Self::draw(&mut rand::rng())
    }

    pub(crate) fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Self::from_bytes([0; Self::LEN]);
        rng.fill_bytes(&mut key.0[..]);
        key
    }

    /// The exponent with these big-endian bytes, for reproducible transcripts.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    /// Draws a private key whose public key is `wanted`. If none of `most` candidates is, draws any key.
    ///
    /// `2^(x+s) = 2^x * 2^s`, so the next candidate costs only a multiplication. The step `s` is random and secret. With a
    /// step of one, each candidate would be twice the one before it, which would show in the last bits of the key.
    pub(crate) fn find<R: CryptoRng + ?Sized>(
        rng: &mut R,
        most: usize,
        wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
    ) -> (Self, [u8; PUBLIC_KEY_LEN]) {
        let (mut key, mut step) = (Self::draw(rng), Self::draw(rng));
        // The step is short, so that the sum hardly ever exceeds 160 bits.
        step.0[..Self::LEN / 2].fill(0);
        let (mut power, factor) = (Power::of_two(&key.0), Power::of_two(&step.0));
        for _ in 0..most {
            let public_key = power.to_bytes();
            if wanted(&public_key) {
                return (key, public_key);
            }
            if !key.add(&step) {
                break;
            }
            power = power.times(&factor);
        }
        let key = Self::draw(rng);
        let public_key = key.public_key();
        (key, public_key)
    }

    /// Adds `other`. Returns false if the sum exceeds 160 bits, and is useless.
    fn add(&mut self, other: &Self) -> bool {
        let mut carry = false;
        for (byte, add) in self.0.iter_mut().zip(other.0.iter()).rev() {
            let (sum, first) = byte.overflowing_add(*add);
            let (sum, second) = sum.overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, first | second);
        }
        !carry
    }

    /// `2^x mod P`, in constant time.
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        group::public_key(&self.0)
    }

    /// `Y^x mod P` in constant time, if Y is in `[2, P-2]`.
    pub(crate) fn shared_secret(self, peer: &[u8; PUBLIC_KEY_LEN]) -> Result<SharedSecret, DegenerateKey> {
        group::shared_secret(&self.0, peer)
            .map(SharedSecret::new)
            .ok_or(DegenerateKey)
    }
}

/// S, always 96 bytes. On the heap, so that a move does not copy it; wiped on drop, never printed.
pub(crate) struct SharedSecret(Box<Zeroizing<[u8; PUBLIC_KEY_LEN]>>);

impl SharedSecret {
    pub(crate) fn new(bytes: [u8; PUBLIC_KEY_LEN]) -> Self {
        Self(Box::new(Zeroizing::new(bytes)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.0
    }
}
