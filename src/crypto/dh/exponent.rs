//! The private exponent and the ways to cut it into bits.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// 160 bits, big endian.
pub(super) struct Exponent(pub(super) [u8; Exponent::LEN]);

impl Exponent {
    pub(super) const LEN: usize = 20;

    /// Bit `n`, counted from the lowest; there are none but zeros above the highest.
    pub(super) fn bit(&self, n: usize) -> usize {
        self.0
            .iter()
            .rev()
            .nth(n / 8)
            .map_or(0, |byte| usize::from(byte >> (n % 8) & 1))
    }

    /// Digits of four bits, highest first.
    pub(super) fn digits(&self) -> impl Iterator<Item = usize> {
        self.0
            .iter()
            .flat_map(|byte| [usize::from(byte >> 4), usize::from(byte & 15)])
    }
}

impl Drop for Exponent {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Exponent {}
