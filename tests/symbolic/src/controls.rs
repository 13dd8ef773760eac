//! False statements. Most are false for a few operands only, which random tests do not find.

use std::array::from_fn;

use mse_primitives::group::{EXPONENT_LEN, KEY_LEN, P, is_degenerate};
use mse_primitives::internals::field::Limbs;

/// P - 1 is not acceptable.
#[unsafe(no_mangle)]
extern "C" fn control_a_key_is_acceptable_from_2_to_p_minus_1(key: &[u8; KEY_LEN]) {
    let mut two = [0; KEY_LEN];
    two[KEY_LEN - 1] = 2;
    assert_eq!(is_degenerate(key), *key < two || *key >= P);
}

/// A borrow from a limb of zero is lost, and shows only if it is the highest limb.
#[unsafe(no_mangle)]
extern "C" fn control_a_borrow_passes_a_limb_of_zero(a: &Limbs, b: &Limbs) {
    let (mut borrow, mut lossy) = (0, 0);
    for (a, b) in a.iter().zip(b) {
        borrow = a.wrapping_sub(*b).wrapping_sub(borrow) >> 63;
        lossy = u64::from(a.wrapping_sub(lossy) < *b);
    }
    assert_eq!(lossy, borrow);
}

/// One bit of eight bytes is lost if all others are set.
#[unsafe(no_mangle)]
extern "C" fn control_bytes_survive_as_words(bytes: &[u8; KEY_LEN]) {
    let words: [u64; 12] = from_fn(|n| u64::from_le_bytes(from_fn(|i| bytes[8 * n + i])));
    let lossy = words.map(|word| word.min(u64::MAX - 1));
    let back: [u8; KEY_LEN] = from_fn(|n| lossy[n / 8].to_le_bytes()[n % 8]);
    assert_eq!(back, *bytes);
}

/// One bit of the exponent is read in the place of another.
#[unsafe(no_mangle)]
extern "C" fn control_bits_are_read_once(exponent: &[u8; EXPONENT_LEN]) {
    let bit = |n: usize| exponent[n / 8] >> (n % 8) & 1;
    let mut seen = [0; EXPONENT_LEN];
    for n in 0..8 * EXPONENT_LEN {
        seen[n / 8] |= bit(if n == 158 { 157 } else { n }) << (n % 8);
    }
    assert_eq!(seen, *exponent);
}

/// The last digit may be 15.
#[unsafe(no_mangle)]
extern "C" fn control_the_last_digit_is_below_15(exponent: &[u8; EXPONENT_LEN]) {
    assert!(exponent[EXPONENT_LEN - 1] & 15 < 15);
}
