//! Both powers of a key exchange by one formulation, `columns` or `rows`, with the 20 bytes of standard input as the private
//! exponent. For the check of constant time: valgrind hides flags of the processor, so it would see one formulation only.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::io::Read;

use mse_primitives::group::{EXPONENT_LEN, public_key, shared_secret};
use mse_primitives::internals::choose;

/// Any number that is neither 0, 1 nor -1.
const PEER: [u8; 96] = [0x5A; 96];

fn main() {
    let mut exponent = [0; EXPONENT_LEN];
    std::io::stdin().read_exact(&mut exponent).unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("columns") => choose(Some(true)),
        Some("rows") => choose(Some(false)),
        _ => panic!("expected `columns` or `rows`"),
    }
    black_box(public_key(&exponent));
    black_box(shared_secret(&exponent, &PEER));
}
