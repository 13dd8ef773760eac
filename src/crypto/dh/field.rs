//! Arithmetic modulo P in 13 limbs of 60 bits, in constant time.
//!
//! Sixty bits and not sixty-four: the products of a whole column then fit one `u128` (at most 26 products below 2^120,
//! or half as many twice as large), so that a multiplication is a plain sum of products with no carry to catch, and the
//! 12 bits above P leave room for results that are not fully reduced. Elements stay below 2^770 from one
//! operation to the next and are brought below P only by [`Element::to_bytes`].
//!
//! Products are reduced as Montgomery did, with R = 2^780. All rows but the last add multiples of M = kP, where k is
//! chosen so that M = -1 mod 2^60: the factor of a row is then the low limb itself, no multiplication is needed to find
//! it, and adding `q * M` means dropping that limb and adding `q * (M + 1) / 2^60` one limb higher. M is a limb longer
//! than P, so the last row uses P, to bring the result back to the length of P.

#![allow(
    clippy::cast_possible_truncation,
    reason = "a cast takes the low limb of a sum, or a constant that is small"
)]
#![allow(
    clippy::inline_always,
    reason = "a column is a few instructions: a loop or a call around it costs a quarter"
)]

mod columns;
mod rows;
#[cfg(test)]
mod tests;

use std::hint::black_box;

use zeroize::Zeroize;

use super::super::processor::prefers_bytes_and_columns;
use super::group::P_BYTES;

const LIMBS: usize = 13;
const BITS: u32 = 60;
const R_BITS: u32 = LIMBS as u32 * BITS;
const MASK: u64 = (1 << BITS) - 1;

const P: [u64; LIMBS] = unpack(&P_BYTES);
/// k = -1/P mod 2^60.
const K: u64 = negated_inverse(P[0]);
/// (M + 1) / 2^60.
const N: [u64; LIMBS] = {
    let mut n = [0; LIMBS];
    let mut sum = wide(K, P[0]) + 1;
    let mut i = 1;
    while i < LIMBS {
        sum = (sum >> BITS) + wide(K, P[i]);
        n[i - 1] = sum as u64 & MASK;
        i += 1;
    }
    n[LIMBS - 1] = (sum >> BITS) as u64;
    n
};
/// R^2 mod P, which brings an integer into Montgomery's form.
const R_SQUARED: Element = Element(power_of_two(2 * R_BITS));

/// The sums of the products that stand in the same column, each as wide as it comes out.
type Columns = [u128; 2 * LIMBS - 1];

/// Which way products and reductions go. It is public, and the same for a whole exponentiation.
enum By {
    Columns,
    Rows,
}

/// What a reduction multiplies by. Passed as an argument, so that it is read from memory: as constants, its limbs would
/// each be moved to a register first.
pub(super) struct Modulus {
    p: [u64; LIMBS],
    n: [u64; LIMBS],
    by: By,
}

pub(super) static MODULUS: Modulus = Modulus {
    p: P,
    n: N,
    by: By::Columns,
};
static MODULUS_BY_ROWS: Modulus = Modulus {
    p: P,
    n: N,
    by: By::Rows,
};

/// The modulus, with the formulation that this processor is given. A whole exponentiation goes by it.
pub(super) fn modulus() -> &'static Modulus {
    black_box(if prefers_bytes_and_columns() {
        &MODULUS
    } else {
        &MODULUS_BY_ROWS
    })
}

/// The modulus with each formulation, whatever the processor.
#[cfg(test)]
pub(super) fn every_modulus() -> [&'static Modulus; 2] {
    [&MODULUS, &MODULUS_BY_ROWS]
}

/// An integer modulo P in Montgomery's form: below 2^770, every limb below 2^60.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Element([u64; LIMBS]);

impl Element {
    pub(super) const ONE: Self = Self(power_of_two(R_BITS));
    pub(super) const TWO: Self = Self(power_of_two(R_BITS + 1));

    /// From any 96 bytes, big endian, P and more included.
    pub(super) fn from_bytes(bytes: &[u8; 96], m: &Modulus) -> Self {
        Self(unpack(bytes)).mul(&R_SQUARED, m)
    }

    pub(super) fn to_integer(self, m: &Modulus) -> Integer {
        const ONE: Integer = Integer({
            let mut one = [0; LIMBS];
            one[0] = 1;
            one
        });
        ONE.mul(&self, m)
    }

    /// The one representative below P, big endian.
    pub(super) fn to_bytes(self, m: &Modulus) -> [u8; 96] {
        self.to_integer(m).to_bytes()
    }

    pub(super) const fn mul(&self, other: &Self, m: &Modulus) -> Self {
        Self(product(&self.0, &other.0, m))
    }

    /// The same as `self.mul(self)`, for less. Its columns are few enough for either formulation.
    #[inline(never)]
    pub(super) const fn square(&self, m: &Modulus) -> Self {
        let columns = columns::square(&self.0);
        Self(match m.by {
            By::Columns => columns::reduce(&columns, m),
            By::Rows => rows::reduce(columns, m),
        })
    }

    /// `table[index]`, read by a scan over the whole table, so that the index leaves no trace in the cache.
    /// An index beyond the table gives zero.
    #[inline(always)]
    pub(super) fn select(table: &[Self], index: usize) -> Self {
        let zero = hidden_zero();
        let mut found = [0; LIMBS];
        for (n, element) in table.iter().enumerate() {
            // Both are small, so that only 0 - 1 reaches the highest bit.
            let mask = mask((n as u64 ^ index as u64).wrapping_sub(1) >> 63, zero);
            for (found, limb) in found.iter_mut().zip(&element.0) {
                *found |= limb & mask;
            }
        }
        Self(found)
    }
}

impl Zeroize for Element {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// An integer modulo P as it is: a product, below 2P + 2^760, every limb below 2^60.
///
/// The factors are below 2^770, so that their product adds at most 2^1540 / R to what its reduction adds: less than P for
/// the rows of M, and less than P for the last row.
pub(super) struct Integer([u64; LIMBS]);

impl Integer {
    /// The factor R of Montgomery's form goes away in the reduction: the product is in plain form, too.
    pub(super) const fn mul(&self, other: &Element, m: &Modulus) -> Self {
        Self(product(&self.0, &other.0, m))
    }

    /// The one representative below P, big endian.
    pub(super) fn to_bytes(&self) -> [u8; 96] {
        pack(&subtract_p_once(&subtract_p_once(&self.0)))
    }
}

#[inline(always)]
const fn product(a: &[u64; LIMBS], b: &[u64; LIMBS], m: &Modulus) -> [u64; LIMBS] {
    match m.by {
        By::Columns => columns::product(a, b, m),
        By::Rows => rows::product(a, b, m),
    }
}

/// All ones for 1, zeros for 0; `zero` is [`hidden_zero`].
///
/// A compiler that knew that the mask can only be one of these two would turn masking into a branch. It did.
fn mask(bit: u64, zero: u64) -> u64 {
    (bit ^ zero).wrapping_neg()
}

/// 0, but not to the compiler's knowledge.
fn hidden_zero() -> u64 {
    black_box(0)
}

/// The value minus P, unless that is negative.
fn subtract_p_once(value: &[u64; LIMBS]) -> [u64; LIMBS] {
    let mut difference = [0; LIMBS];
    let mut borrow = 0;
    for ((d, v), p) in difference.iter_mut().zip(value).zip(&P) {
        let limb = v.wrapping_sub(*p).wrapping_sub(borrow);
        borrow = limb >> 63;
        *d = limb & MASK;
    }
    let keep = mask(borrow, hidden_zero());
    for (d, v) in difference.iter_mut().zip(value) {
        *d = (v & keep) | (*d & !keep);
    }
    difference
}

const fn wide(a: u64, b: u64) -> u128 {
    a as u128 * b as u128
}

/// -1/p mod 2^60 for an odd p, by Newton's iteration: each round doubles the number of correct bits.
const fn negated_inverse(p: u64) -> u64 {
    let mut inverse: u64 = 1;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg() & MASK
}

/// 2^exponent mod P, in plain form. Only for constants: neither fast nor constant in time.
const fn power_of_two(exponent: u32) -> [u64; LIMBS] {
    let mut value = [0; LIMBS];
    value[0] = 1;
    let mut round = 0;
    while round < exponent {
        let mut reduced = [0; LIMBS];
        let (mut carry, mut borrow) = (0, 0);
        let mut i = 0;
        while i < LIMBS {
            let doubled = (value[i] << 1) | carry;
            carry = doubled >> BITS;
            value[i] = doubled & MASK;
            let limb = value[i].wrapping_sub(P[i]).wrapping_sub(borrow);
            borrow = limb >> 63;
            reduced[i] = limb & MASK;
            i += 1;
        }
        if borrow == 0 {
            value = reduced;
        }
        round += 1;
    }
    value
}

const fn unpack(bytes: &[u8; 96]) -> [u64; LIMBS] {
    let mut limbs = [0; LIMBS];
    let mut n = 0;
    while n < 96 {
        let bit = 8 * n as u32;
        let shifted = (bytes[95 - n] as u128) << (bit % BITS);
        let i = (bit / BITS) as usize;
        limbs[i] |= shifted as u64 & MASK;
        if i + 1 < LIMBS {
            limbs[i + 1] |= (shifted >> BITS) as u64;
        }
        n += 1;
    }
    limbs
}

fn pack(limbs: &[u64; LIMBS]) -> [u8; 96] {
    std::array::from_fn(|n| {
        let bit = 8 * (95 - n) as u32;
        let i = (bit / BITS) as usize;
        let next = limbs.get(i + 1).copied().unwrap_or(0);
        let pair = u128::from(limbs[i]) | u128::from(next) << BITS;
        (pair >> (bit % BITS)) as u8
    })
}
