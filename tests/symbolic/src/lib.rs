//! The statements of mse-primitives that hold for every operand, as functions with plain names. `prove.py` runs their
//! compiled code with symbols as operands. A function panics if its statement is false.
//!
//! `controls` has false statements, which `prove.py` must refute.

mod controls;

use mse_primitives::group::{EXPONENT_LEN, KEY_LEN};
use mse_primitives::internals::field::{self, Limbs};
use mse_primitives::internals::statements;

/// A `u128` as its low and its high half.
type Halves = [u64; 2];

#[unsafe(no_mangle)]
extern "C" fn p_is_subtracted_once_or_not_at_all(value: &Limbs) {
    statements::p_is_subtracted_once_or_not_at_all(value);
}

#[unsafe(no_mangle)]
extern "C" fn a_key_is_acceptable_from_2_to_p_minus_2(key: &[u8; KEY_LEN]) {
    statements::a_key_is_acceptable_from_2_to_p_minus_2(key);
}

#[unsafe(no_mangle)]
extern "C" fn bytes_survive_as_limbs(bytes: &[u8; KEY_LEN]) {
    statements::bytes_survive_as_limbs(bytes);
}

#[unsafe(no_mangle)]
extern "C" fn selection_is_by_index(table: &[Limbs; 4], index: &usize) {
    statements::selection_is_by_index(*table, *index);
}

#[unsafe(no_mangle)]
extern "C" fn indices_have_every_bit_once(exponent: &[u8; EXPONENT_LEN]) {
    statements::indices_have_every_bit_once(exponent);
}

#[unsafe(no_mangle)]
extern "C" fn digits_are_the_exponent(exponent: &[u8; EXPONENT_LEN]) {
    statements::digits_are_the_exponent(exponent);
}

#[unsafe(no_mangle)]
extern "C" fn reductions_fit(sums: &[Halves; 25]) {
    statements::reductions_fit(&sums.map(|[low, high]| u128::from(low) | u128::from(high) << 64));
}

#[unsafe(no_mangle)]
extern "C" fn products_fit(a: &Limbs, b: &Limbs) {
    statements::products_fit(a, b);
}

/// For limbs below 2^60: what `products_fit` says of products. The statement of this name in the crate compares columns only.
#[unsafe(no_mangle)]
extern "C" fn squares_fit(a: &Limbs) {
    for by_columns in [true, false] {
        let square = field::square(a, by_columns);
        assert!(square[..12].iter().all(|limb| *limb < 1 << field::BITS));
    }
}
