//! Y^x for a base that the peer chose: four bits of the exponent at a time.

use super::exponent::Exponent;
use super::field::{Element, Modulus};

const DIGITS: usize = 16;

/// base^exponent, in constant time.
pub(super) fn power(base: &Element, exponent: &Exponent, m: &Modulus) -> Element {
    let table = powers(base, m);
    let mut digits = exponent.digits();
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
