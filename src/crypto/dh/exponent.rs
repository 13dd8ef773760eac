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

    /// Adds `other`, modulo 2^160; false if the sum was too large.
    pub(super) fn add(&mut self, other: &Self) -> bool {
        let mut carry = false;
        for (byte, add) in self.0.iter_mut().zip(&other.0).rev() {
            let (sum, first) = byte.overflowing_add(*add);
            let (sum, second) = sum.overflowing_add(u8::from(carry));
            (*byte, carry) = (sum, first | second);
        }
        !carry
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

#[cfg(test)]
mod tests {
    use super::*;

    fn exponent(low: u128) -> Exponent {
        let mut bytes = [0; Exponent::LEN];
        bytes[4..].copy_from_slice(&low.to_be_bytes());
        Exponent(bytes)
    }

    #[test]
    fn sums_carry_from_byte_to_byte() {
        for (a, b) in [
            (0, 0),
            (u128::MAX / 2, 1),
            (u128::MAX / 2, u128::MAX / 2),
            (0xFF_FE01, 0xFF_01FF),
        ] {
            let mut sum = exponent(a);
            assert!(sum.add(&exponent(b)));
            assert_eq!(sum.0, exponent(a + b).0, "{a:x} + {b:x}");
        }
    }

    #[test]
    fn a_sum_that_is_too_large_says_so() {
        let mut most = Exponent([0xFF; Exponent::LEN]);
        assert!(most.add(&exponent(0)));
        assert!(!most.add(&exponent(1)));
        assert_eq!(most.0, exponent(0).0);
    }
}
