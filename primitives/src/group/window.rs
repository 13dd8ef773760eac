//! Y^x for any base, by a fixed window of four bits.

use super::EXPONENT_LEN;
use crate::field::{Element, Modulus};

const DIGITS: usize = 16;

/// base^exponent, in constant time.
pub(super) fn power(base: &Element, exponent: &[u8; EXPONENT_LEN], m: &Modulus) -> Element {
    let table = powers(base, m);
    let mut digits = digits(exponent);
    let mut power = digits
        .next()
        .map_or(Element::ONE, |digit| Element::select(&table, digit));
    for digit in digits {
        power = power.square(m).square(m).square(m).square(m);
        power = power.mul(&Element::select(&table, digit), m);
    }
    power
}

/// base^0 to base^15.
fn powers(base: &Element, m: &Modulus) -> [Element; DIGITS] {
    let mut table = [Element::ONE; DIGITS];
    table[1] = *base;
    for n in 1..DIGITS / 2 {
        table[2 * n] = table[n].square(m);
        table[2 * n + 1] = table[2 * n].mul(base, m);
    }
    table
}

/// The highest first.
fn digits(exponent: &[u8; EXPONENT_LEN]) -> impl Iterator<Item = usize> {
    exponent
        .iter()
        .flat_map(|byte| [usize::from(byte >> 4), usize::from(byte & 15)])
}

/// For every exponent: each digit is within the table, and all of them together are the exponent.
#[cfg(any(test, kani, feature = "__internals"))]
pub fn digits_are_the_exponent(exponent: &[u8; EXPONENT_LEN]) {
    let (mut seen, mut reads) = ([0; EXPONENT_LEN], 0);
    for (n, digit) in digits(exponent).enumerate() {
        assert!(digit < DIGITS);
        seen[n / 2] = seen[n / 2] << 4 | digit as u8;
        reads += 1;
    }
    assert_eq!((seen, reads), (*exponent, 2 * EXPONENT_LEN));
}
