//! Integers modulo P by three other implementations, and operands to compare mse-primitives with them.

#![allow(missing_docs, clippy::missing_panics_doc)]

mod operands;
mod oracles;

pub use operands::{any_limbs, any_number, edge_limbs, edge_numbers};
pub use oracles::{BySomeone, CryptoBigint, NumBigint, Verified, every_oracle};

/// Big endian, below 2^768 and not necessarily below P.
pub type Number = [u8; 96];

pub type Exponent = [u8; 20];

/// How many random products are compared; a hundredth as many powers. `VERIFIED_PRODUCTS` asks for more.
pub fn products() -> u32 {
    std::env::var("VERIFIED_PRODUCTS")
        .map_or(2000, |products| products.parse().expect("a number of products"))
}

pub fn powers() -> u32 {
    products() / 100
}
