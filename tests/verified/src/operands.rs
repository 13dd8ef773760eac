//! What is multiplied and raised to powers.

use mse_primitives::group::P;
use mse_primitives::internals::field::{BITS, Limbs, R_BITS};
use num_bigint::BigUint;
use rand::{Rng, RngExt};

use crate::Number;
use crate::oracles::padded;

const MOST: u64 = (1 << BITS) - 1;
/// The highest limb of an operand: all of them together are below 2^770.
const MOST_ON_TOP: u64 = (1 << 50) - 1;

/// Values that a limb is rarely, and that carries begin or end at.
const RARE: [u64; 6] = [0, 1, MOST, MOST - 1, MOST >> 1, 1 << (BITS - 1)];

fn prime() -> BigUint {
    BigUint::from_bytes_be(&P)
}

fn limbs(value: &BigUint) -> Limbs {
    let mut digits = value.to_u64_digits();
    digits.resize(14, 0);
    std::array::from_fn(|n| {
        let bit = BITS as usize * n;
        let pair = u128::from(digits[bit / 64]) | u128::from(digits[bit / 64 + 1]) << 64;
        #[expect(clippy::cast_possible_truncation, reason = "60 bits of it are wanted")]
        let limb = (pair >> (bit % 64)) as u64 & MOST;
        limb
    })
}

fn capped(mut limbs: Limbs) -> Limbs {
    limbs[12] = limbs[12].min(MOST_ON_TOP);
    limbs
}

/// Every operand at an edge, once.
pub fn edge_limbs() -> Vec<Limbs> {
    let (p, r) = (prime(), BigUint::from(1u8) << R_BITS);
    let below_2_to_770 = BigUint::from(1u8) << 770;
    let mut edges = Vec::new();
    // Around each multiple of P that an operand can have. In plain form, and in Montgomery form, as the last reduction
    // sees values around P and 2P only if the operand is a small multiple of R.
    for unit in [BigUint::from(1u8), r % &p] {
        for multiple in 0..=4u8 {
            for n in 0..=3u8 {
                let around = &p * multiple;
                let more = &unit * n % &p;
                edges.push(&around + &more);
                edges.extend((around >= more).then(|| &around - &more));
            }
        }
    }
    edges.extend([768u32, 769, 770].map(|bits| (BigUint::from(1u8) << bits) - 1u8));
    edges.extend([767u32, 768, 769].map(|bits| BigUint::from(1u8) << bits));
    edges.retain(|edge| *edge < below_2_to_770);
    let mut edges: Vec<Limbs> = edges.iter().map(limbs).collect();
    // One limb unlike all others, and the limbs below a position unlike those from there on.
    for i in 0..13 {
        for (one, others) in RARE.iter().flat_map(|one| [(*one, 0), (*one, MOST)]) {
            edges.push(capped(std::array::from_fn(|n| if n == i { one } else { others })));
            edges.push(capped(std::array::from_fn(|n| if n < i { one } else { others })));
        }
    }
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Every number at an edge, once.
pub fn edge_numbers() -> Vec<Number> {
    let mut edges: Vec<Number> = edge_limbs()
        .iter()
        .map(|limbs| {
            limbs
                .iter()
                .rev()
                .fold(BigUint::ZERO, |sum, limb| (sum << BITS) + limb)
        })
        .filter(|value| value.bits() <= 768)
        .map(|value| padded(&value))
        .collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Limbs at random, half of the time with about one in three of them rare.
pub fn any_limbs(rng: &mut impl Rng) -> Limbs {
    let rarely = rng.random::<bool>();
    capped(std::array::from_fn(|n| {
        if rarely && rng.random_range(0..3) == 0 {
            RARE[rng.random_range(0..RARE.len())]
        } else {
            rng.random_range(0..=if n == 12 { MOST_ON_TOP } else { MOST })
        }
    }))
}

/// A number at random. One in eight is P or more.
pub fn any_number(rng: &mut impl Rng) -> Number {
    let mut number = [0; 96];
    rng.fill_bytes(&mut number);
    if rng.random_range(0..8) == 0 {
        number[..9].fill(0xff);
    }
    number
}
