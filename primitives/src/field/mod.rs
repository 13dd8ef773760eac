//! Arithmetic modulo P in 13 limbs of 60 bits, in constant time.
//!
//! With limbs of 60 bits instead of 64, the products of a whole column fit one `u128` (at most 26 products below 2^120,
//! or half as many twice as large). A multiplication is then a plain sum of products without carries, and the 12 spare
//! bits above P hold results that are not fully reduced. Elements stay below 2^770 between operations, and only
//! [`Element::to_bytes`] brings them below P.
//!
//! Products are reduced by Montgomery's method, with R = 2^780. All rows but the last add multiples of M = kP, where k is
//! chosen so that M = -1 mod 2^60. The factor q of a row is then the low limb itself, so no multiplication is needed to
//! find it, and adding `q * M` means dropping that limb and adding `q * (M + 1) / 2^60` one limb higher. M is a limb
//! longer than P, so the last row uses P, and the result has the length of P again.

mod columns;
/// Sums products row by row: each limb of one factor is multiplied by the whole other factor, and the products are added
/// to the columns in memory. Each addition then follows its multiplication. Given a whole column, the compiler moves all
/// multiplications to its beginning and runs out of registers.
mod rows;
#[cfg(any(test, kani, feature = "__internals"))]
pub(crate) mod statements;
#[cfg(test)]
mod tests;

use core::hint::black_box;

use zeroize::Zeroize;

use crate::processor::prefers_columns;

const LIMBS: usize = 13;
const BITS: u32 = 60;
const R_BITS: u32 = LIMBS as u32 * BITS;
const MASK: u64 = (1 << BITS) - 1;

/// The prime of the specification, big endian.
pub const P_BYTES: [u8; 96] = *b"\
\xff\xff\xff\xff\xff\xff\xff\xff\xc9\x0f\xda\xa2\x21\x68\xc2\x34\xc4\xc6\x62\x8b\x80\xdc\x1c\xd1\
\x29\x02\x4e\x08\x8a\x67\xcc\x74\x02\x0b\xbe\xa6\x3b\x13\x9b\x22\x51\x4a\x08\x79\x8e\x34\x04\xdd\
\xef\x95\x19\xb3\xcd\x3a\x43\x1b\x30\x2b\x0a\x6d\xf2\x5f\x14\x37\x4f\xe1\x35\x6d\x6d\x51\xc2\x45\
\xe4\x85\xb5\x76\x62\x5e\x7e\xc6\xf4\x4c\x42\xe9\xa6\x3a\x36\x21\x00\x00\x00\x00\x00\x09\x05\x63";

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
/// R^2 mod P. Multiplying by it converts an integer to Montgomery form.
const R_SQUARED: Element = Element(power_of_two(2 * R_BITS));

/// The sum of the products in each column, without carries.
type Columns = [u128; 2 * LIMBS - 1];

/// The order in which products are summed. It is not secret, and the same for a whole exponentiation.
enum By {
    Columns,
    Rows,
}

/// What a reduction multiplies by. It is passed as an argument so that it is read from memory: the compiler would move
/// each limb of a constant to a register first.
pub(crate) struct Modulus {
    p: [u64; LIMBS],
    n: [u64; LIMBS],
    by: By,
}

pub(crate) static MODULUS: Modulus = Modulus {
    p: P,
    n: N,
    by: By::Columns,
};
static MODULUS_BY_ROWS: Modulus = Modulus {
    p: P,
    n: N,
    by: By::Rows,
};

/// The modulus, with the formulation that is chosen for this processor.
pub(crate) fn modulus() -> &'static Modulus {
    black_box(if prefers_columns() {
        &MODULUS
    } else {
        &MODULUS_BY_ROWS
    })
}

/// The modulus with each of the two formulations.
#[cfg(test)]
pub(crate) fn every_modulus() -> [&'static Modulus; 2] {
    [&MODULUS, &MODULUS_BY_ROWS]
}

/// An integer modulo P in Montgomery form: below 2^770, every limb below 2^60.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Element([u64; LIMBS]);

impl Element {
    pub(crate) const ONE: Self = Self(power_of_two(R_BITS));
    pub(crate) const TWO: Self = Self(power_of_two(R_BITS + 1));

    /// From any 96 bytes, big endian, P and more included.
    pub(crate) fn from_bytes(bytes: &[u8; 96], m: &Modulus) -> Self {
        Self(unpack(bytes)).mul(&R_SQUARED, m)
    }

    /// The one representative below P, big endian.
    ///
    /// Both factors of the product are below 2^770, so it adds at most 2^1540 / R to what its reduction adds: less than P
    /// for the rows of M, and less than P for the last row. The result is below 2P + 2^760.
    pub(crate) fn to_bytes(self, m: &Modulus) -> [u8; 96] {
        let mut one = [0; LIMBS];
        one[0] = 1;
        pack(&subtract_p_once(&subtract_p_once(&product(&one, &self.0, m))))
    }

    pub(crate) const fn mul(&self, other: &Self, m: &Modulus) -> Self {
        Self(product(&self.0, &other.0, m))
    }

    /// The same as `self.mul(self)`, in less time. Both formulations sum a square by columns.
    #[inline(never)]
    pub(crate) const fn square(&self, m: &Modulus) -> Self {
        let columns = columns::square(&self.0);
        Self(match m.by {
            By::Columns => columns::reduce(&columns, m),
            By::Rows => rows::reduce(columns, m),
        })
    }

    /// `table[index]`, or zero if there is no such index. Reads the whole table, so that the index does not show in the
    /// cache.
    #[inline(always)]
    pub(crate) fn select(table: &[Self], index: usize) -> Self {
        let zero = hidden_zero();
        let mut found = [0; LIMBS];
        for (n, element) in table.iter().enumerate() {
            // Both are small, so only 0 - 1 sets the highest bit.
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

#[inline(always)]
const fn product(a: &[u64; LIMBS], b: &[u64; LIMBS], m: &Modulus) -> [u64; LIMBS] {
    match m.by {
        By::Columns => columns::product(a, b, m),
        By::Rows => rows::product(a, b, m),
    }
}

/// All ones for 1, zeros for 0; `zero` is [`hidden_zero`].
///
/// If the compiler knows that the mask is one of these two values, it turns the masking into a branch.
fn mask(bit: u64, zero: u64) -> u64 {
    (bit ^ zero).wrapping_neg()
}

/// 0, which the compiler does not know.
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

/// The operations on limbs, in Montgomery form and not reduced below P. Operands are below 2^770, every limb below 2^60.
#[cfg(feature = "__internals")]
#[allow(missing_docs)]
pub mod internals {
    use super::{Element, MODULUS, MODULUS_BY_ROWS, Modulus};

    pub const BITS: u32 = super::BITS;
    /// The exponent of Montgomery's R: a product is divided by 2^780.
    pub const R_BITS: u32 = super::R_BITS;
    pub type Limbs = [u64; super::LIMBS];

    const fn modulus(by_columns: bool) -> &'static Modulus {
        if by_columns { &MODULUS } else { &MODULUS_BY_ROWS }
    }

    pub fn product(a: &Limbs, b: &Limbs, by_columns: bool) -> Limbs {
        Element(*a).mul(&Element(*b), modulus(by_columns)).0
    }

    pub fn square(a: &Limbs, by_columns: bool) -> Limbs {
        Element(*a).square(modulus(by_columns)).0
    }

    pub fn from_bytes(bytes: &[u8; 96], by_columns: bool) -> Limbs {
        Element::from_bytes(bytes, modulus(by_columns)).0
    }

    pub fn to_bytes(a: &Limbs, by_columns: bool) -> [u8; 96] {
        Element(*a).to_bytes(modulus(by_columns))
    }
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
    core::array::from_fn(|n| {
        let bit = 8 * (95 - n) as u32;
        let i = (bit / BITS) as usize;
        let next = limbs.get(i + 1).copied().unwrap_or(0);
        let pair = u128::from(limbs[i]) | u128::from(next) << BITS;
        (pair >> (bit % BITS)) as u8
    })
}
