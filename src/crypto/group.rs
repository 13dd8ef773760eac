//! The integers modulo P with the generator 2, with the crate `crypto-bigint`. All exponentiations take constant time.

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams, FixedMontyParams};
use crypto_bigint::{CtEq, U192, U768, Word};
use zeroize::{Zeroize, ZeroizeOnDrop};

const KEY_LEN: usize = 96;
const EXPONENT_LEN: usize = 20;

/// P, big endian.
const P: [u8; KEY_LEN] = *b"\
\xff\xff\xff\xff\xff\xff\xff\xff\xc9\x0f\xda\xa2\x21\x68\xc2\x34\xc4\xc6\x62\x8b\x80\xdc\x1c\xd1\
\x29\x02\x4e\x08\x8a\x67\xcc\x74\x02\x0b\xbe\xa6\x3b\x13\x9b\x22\x51\x4a\x08\x79\x8e\x34\x04\xdd\
\xef\x95\x19\xb3\xcd\x3a\x43\x1b\x30\x2b\x0a\x6d\xf2\x5f\x14\x37\x4f\xe1\x35\x6d\x6d\x51\xc2\x45\
\xe4\x85\xb5\x76\x62\x5e\x7e\xc6\xf4\x4c\x42\xe9\xa6\x3a\x36\x21\x00\x00\x00\x00\x00\x09\x05\x63";

const LIMBS: usize = U768::LIMBS;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modulus;

impl ConstMontyParams<LIMBS> for Modulus {
    const LIMBS: usize = LIMBS;
    const PARAMS: FixedMontyParams<LIMBS> =
        FixedMontyParams::new_vartime(U768::from_be_slice(&P).to_odd().expect_copied("P is odd"));
}

/// An integer modulo P in Montgomery form.
type Element = ConstMontyForm<Modulus, LIMBS>;

const DIGITS: usize = 2 * EXPONENT_LEN;

/// A table of powers of two, with a row for each four-bit digit of an exponent. Row `n`, counted from the lowest digit, has
/// 2^(d * 16^n) for each value d of the digit. The table has 60 KiB.
static POWERS: [[Element; 16]; DIGITS] = {
    let mut powers = [[Element::ONE; 16]; DIGITS];
    let mut base = Element::new(&U768::from_u8(2));
    let mut n = 0;
    while n < DIGITS {
        let mut d = 1;
        while d < 16 {
            powers[n][d] = powers[n][d - 1].mul(&base);
            d += 1;
        }
        base = powers[n][15].mul(&base);
        n += 1;
    }
    powers
};

/// `2^x mod P`.
pub(super) fn public_key(exponent: &[u8; EXPONENT_LEN]) -> [u8; KEY_LEN] {
    Power::of_two(exponent).to_bytes()
}

/// `Y^x mod P`, or `None` if `Y` is not in `[2, P-2]`.
pub(super) fn shared_secret(exponent: &[u8; EXPONENT_LEN], peer: &[u8; KEY_LEN]) -> Option<[u8; KEY_LEN]> {
    let mut padded = [0; 24];
    padded[4..].copy_from_slice(exponent);
    let mut exponent = U192::from_be_slice(&padded);
    padded.zeroize();
    let base = Element::new(&U768::from_be_slice(peer));
    let secret = Power(base.pow_bounded_exp(&exponent, 8 * 20)).to_bytes();
    exponent.zeroize();
    // Check afterwards, so that a refusal takes as long as a valid key.
    (!is_degenerate(peer)).then_some(secret)
}

/// A public key is not secret, so this may stop at the first byte that differs.
fn is_degenerate(public_key: &[u8; KEY_LEN]) -> bool {
    let (mut least, mut most) = ([0; KEY_LEN], P);
    least[KEY_LEN - 1] = 2;
    most[KEY_LEN - 1] -= 2;
    *public_key < least || *public_key > most
}

/// A power of two. Wiped on drop.
pub(super) struct Power(Element);

impl Power {
    /// `2^exponent mod P`.
    pub(super) fn of_two(exponent: &[u8; EXPONENT_LEN]) -> Self {
        let digits = exponent.iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
        let factors = POWERS.iter().zip(digits).map(|(row, digit)| select(row, digit));
        Self(
            factors
                .reduce(|power, factor| power.mul(&factor))
                .unwrap_or(Element::ONE),
        )
    }

    /// The product of the two.
    pub(super) fn times(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0))
    }

    /// The integer in `[0, P-1]`, big endian.
    pub(super) fn to_bytes(&self) -> [u8; KEY_LEN] {
        let mut bytes = [0; KEY_LEN];
        bytes.copy_from_slice(self.0.retrieve().to_be_bytes().as_ref());
        bytes
    }
}

impl Drop for Power {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Power {}

/// `row[digit]`. Reads the whole row, so that the cache does not show the digit.
fn select(row: &[Element; 16], digit: u8) -> Element {
    let mut found = [0; LIMBS];
    for (n, element) in (0..).zip(row) {
        // `to_u8` hides from the compiler that this is 0 or 1, so that it inserts no branch. With `CtAssign`, which the
        // compiler cannot turn into vectors, 2^x takes 1.6 times as long.
        let mask = Word::from(digit.ct_eq(&n).to_u8()).wrapping_neg();
        for (found, word) in found.iter_mut().zip(element.as_montgomery().as_words()) {
            *found |= word & mask;
        }
    }
    Element::from_montgomery(U768::from_words(found))
}
