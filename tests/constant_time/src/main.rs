//! Both powers of a key exchange, with the 20 bytes of standard input as the private exponent. `run.sh` watches what the
//! processor does.
//!
//! With the argument `columns` or `rows`, by this formulation of mse-primitives and not by the one that it chooses here
//! (valgrind hides flags of the processor). With `control`, by an arithmetic that is not constant in time.

use std::hint::black_box;
use std::io::Read;

use num_bigint::BigUint;
use tokio_mse::Policy;
use tokio_mse::handshake::{Machine, Padding, PrivateKey, Randomness, Responder};

/// The peer's public key: any number in `[2, P-2]`.
const PEER: [u8; 96] = [0x5A; 96];

fn main() {
    let mut exponent = [0; PrivateKey::LEN];
    std::io::stdin().read_exact(&mut exponent).expect("20 bytes");
    match std::env::args().nth(1).as_deref() {
        None => exchange(exponent),
        #[cfg(feature = "fast")]
        Some("columns") => powers(true, &exponent),
        #[cfg(feature = "fast")]
        Some("rows") => powers(false, &exponent),
        Some("control") => control(&exponent),
        Some(other) => panic!("unknown argument {other}"),
    }
}

/// A responder's work up to the mark that it waits for: `2^x`, `Y^x` and a hash of the secret.
fn exchange(exponent: [u8; PrivateKey::LEN]) {
    let randomness = Randomness::new(PrivateKey::from_bytes(exponent), Padding::none());
    let mut step_2 = Vec::new();
    let responder = Responder::new(&Policy::full_rc4(), randomness);
    let progress = responder.process(&PEER, &mut step_2).expect("a key in [2, P-2]");
    drop(black_box((progress, step_2)));
}

#[cfg(feature = "fast")]
fn powers(by_columns: bool, exponent: &[u8; PrivateKey::LEN]) {
    use mse_primitives::group::{public_key, shared_secret};

    mse_primitives::internals::choose(Some(by_columns));
    black_box(public_key(exponent));
    black_box(shared_secret(exponent, &PEER));
}

fn control(exponent: &[u8]) {
    let (base, modulus) = (BigUint::from(2_u8), BigUint::from_bytes_be(&[0xFF; 96]));
    black_box(base.modpow(&BigUint::from_bytes_be(exponent), &modulus));
}
