//! An exchange without exponentiation, compiled under `cfg(tokio_mse_toy_exchange)` alone: **it exists only for the
//! fuzzers of this crate**, hides nothing from anybody and is spoken by no other client. With the real one, a fuzzer spends
//! half of its time or more on arithmetic that no input changes.
//!
//! The name is this crate's own. Under `cfg(fuzzing)`, which cargo-fuzz sets for every crate that it compiles, whoever
//! fuzzes a program of his own with this crate in it would get the toy unasked.
//!
//! It keeps what the handshake relies on: both ends derive the same S, every byte of a public key has its share in S, and
//! no honest key is degenerate. `tests/fuzzed/harness/exchange.rs` has the other half of it.

use super::exponent::Exponent;
use super::{PUBLIC_KEY_LEN, PrivateKey};

/// Where an exchange begins, as G does. Odd, so that no product of it with another odd number is zero.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// Keeps a key below P, whose second word is larger than this.
const SECOND_WORD: u64 = u64::MAX >> 1;

/// The factor that an exponent stands for: odd, and another for nearly every other exponent.
fn factor(exponent: &Exponent) -> u64 {
    let hash = exponent.0.iter().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    hash | 1
}

/// What stands for `2^x mod P`.
pub(super) fn public_key(exponent: &Exponent) -> [u8; PUBLIC_KEY_LEN] {
    let mut base = [0; PUBLIC_KEY_LEN];
    for (n, word) in base.as_chunks_mut().0.iter_mut().enumerate() {
        *word = (BASE.rotate_left(n as u32) | 1).to_be_bytes();
    }
    power(&base, exponent)
}

/// What stands for `Y^x mod P`: each word of Y times the exponent's factor, modulo 2^64, and the second modulo 2^63.
pub(super) fn power(y: &[u8; PUBLIC_KEY_LEN], exponent: &Exponent) -> [u8; PUBLIC_KEY_LEN] {
    let factor = factor(exponent);
    let mut power = *y;
    for (n, word) in power.as_chunks_mut().0.iter_mut().enumerate() {
        let product = u64::from_be_bytes(*word).wrapping_mul(factor);
        *word = (if n == 1 { product & SECOND_WORD } else { product }).to_be_bytes();
    }
    power
}

/// What stands for the search of a key: one trial after another.
pub(super) fn find(
    mut draw: impl FnMut() -> PrivateKey,
    wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
) -> (PrivateKey, [u8; PUBLIC_KEY_LEN]) {
    loop {
        let private_key = draw();
        let public_key = private_key.public_key();
        if wanted(&public_key) {
            return (private_key, public_key);
        }
    }
}
