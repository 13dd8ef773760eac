//! The exchange: the foreign implementation's, or the toy that takes its place in the library, too, under
//! `cfg(tokio_mse_toy_exchange)` (`src/crypto/dh/toy.rs`). The rest of the reference does not notice.

#[cfg(not(tokio_mse_toy_exchange))]
pub use super::foreign::{public_key, secret};

#[cfg(tokio_mse_toy_exchange)]
pub use toy::{public_key, secret};

#[cfg(tokio_mse_toy_exchange)]
mod toy {
    /// FNV-1a of the exponent, made odd.
    fn factor(exponent: &[u8]) -> u128 {
        let mut hash: u128 = 0xCBF2_9CE4_8422_2325;
        for byte in exponent {
            hash ^= u128::from(*byte);
            hash = hash * 0x0100_0000_01B3 % (1 << 64);
        }
        hash | 1
    }

    pub fn public_key(exponent: &[u8]) -> [u8; 96] {
        let words = (0..12).map(|n| 0x9E37_79B9_7F4A_7C15_u64.rotate_left(n) | 1);
        let base: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
        secret(exponent, &base)
    }

    /// Each word of the peer's key times the factor, the second word with one bit less.
    pub fn secret(exponent: &[u8], peer: &[u8]) -> [u8; 96] {
        let factor = factor(exponent);
        let mut secret = [0; 96];
        for (n, at) in (0..96).step_by(8).enumerate() {
            let word = u64::from_be_bytes(peer[at..at + 8].try_into().unwrap());
            let bits = if n == 1 { 63 } else { 64 };
            let product = u128::from(word) * factor % (1 << bits);
            secret[at..at + 8].copy_from_slice(&product.to_be_bytes()[8..]);
        }
        secret
    }
}
