//! Y^x for any base, by a fixed window of four bits.

use super::EXPONENT_LEN;
use crate::field::{Element, Modulus};

const DIGITS: usize = 16;

/// base^exponent, in constant time.
pub(super) fn power(base: &Element, exponent: &[u8; EXPONENT_LEN], m: &Modulus) -> Element {
    let table = powers(base, m);
    let mut digits = exponent
        .iter()
        .flat_map(|byte| [usize::from(byte >> 4), usize::from(byte & 15)]);
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
