//! Both powers of a key exchange, with the 20 bytes of standard input as the private exponent: for `run.sh`, which
//! watches what the processor does. With the argument `columns` or `rows`, by this formulation of the arithmetic and not
//! by the one that the library chooses here (valgrind hides flags of the processor); with `control`, by an arithmetic that
//! is not constant in time.

#![allow(clippy::unwrap_used)]
#![allow(
    clippy::duplicate_mod,
    reason = "the same source with two answers to one question"
)]

use std::hint::black_box;
use std::io::Read;

use num_bigint::BigUint;
use tokio_mse::Policy;
use tokio_mse::handshake::{Machine, Padding, PrivateKey, Randomness, Responder};

/// The library's source, with the answer of a processor that is faster by columns.
#[allow(dead_code, unreachable_pub)]
#[path = "."]
mod columns {
    #[path = "../../src/crypto/dh/mod.rs"]
    pub mod dh;

    mod processor {
        pub fn prefers_bytes_and_columns() -> bool {
            true
        }
    }
}

/// The same, with the answer of one that is faster by rows.
#[allow(dead_code, unreachable_pub)]
#[path = "."]
mod rows {
    #[path = "../../src/crypto/dh/mod.rs"]
    pub mod dh;

    mod processor {
        pub fn prefers_bytes_and_columns() -> bool {
            false
        }
    }
}

macro_rules! powers {
    ($by:ident, $exponent:ident) => {{
        let key = $by::dh::PrivateKey::from_bytes($exponent);
        black_box(key.public_key());
        let secret = key.shared_secret(&PEER).ok().unwrap();
        drop(black_box(secret));
    }};
}

/// The peer's public key: any number that is neither 0, 1 nor -1.
const PEER: [u8; 96] = [0x5A; 96];

fn main() {
    let mut exponent = [0; PrivateKey::LEN];
    std::io::stdin().read_exact(&mut exponent).unwrap();
    match std::env::args().nth(1).as_deref() {
        None => exchange(exponent),
        Some("columns") => powers!(columns, exponent),
        Some("rows") => powers!(rows, exponent),
        Some("control") => control(&exponent),
        Some(other) => panic!("what is {other}?"),
    }
}

/// A responder's work up to the mark that it waits for: `2^x`, `Y^x` and a hash of the secret.
fn exchange(exponent: [u8; PrivateKey::LEN]) {
    let randomness = Randomness::new(PrivateKey::from_bytes(exponent), Padding::none());
    let mut step_2 = Vec::new();
    let responder = Responder::new(&Policy::full_rc4(), randomness);
    let progress = responder.process(&PEER, &mut step_2).unwrap();
    drop(black_box((progress, step_2)));
}

fn control(exponent: &[u8]) {
    let (base, modulus) = (BigUint::from(2_u8), BigUint::from_bytes_be(&[0xFF; 96]));
    black_box(base.modpow(&BigUint::from_bytes_be(exponent), &modulus));
}
