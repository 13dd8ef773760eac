//! Looking for a public key that looks like something.
//!
//! `2^(x+s) = 2^x * 2^s`, so the next candidate costs a multiplication. The step `s` is random and secret. With steps of
//! one, a doubling each, a candidate's last bits are the first bits of the candidates that were passed over, and keys
//! that were looked for would show it.

use std::sync::OnceLock;

use rand::{CryptoRng, Rng};
use zeroize::Zeroizing;

use super::dh::{PUBLIC_KEY_LEN, PrivateKey};

const WORDS: usize = PUBLIC_KEY_LEN / 8;

/// A number below 2^768, the least significant word first.
type Number = [u64; WORDS];

const P: Number = [
    0x0000_0000_0009_0563,
    0xF44C_42E9_A63A_3621,
    0xE485_B576_625E_7EC6,
    0x4FE1_356D_6D51_C245,
    0x302B_0A6D_F25F_1437,
    0xEF95_19B3_CD3A_431B,
    0x514A_0879_8E34_04DD,
    0x020B_BEA6_3B13_9B22,
    0x2902_4E08_8A67_CC74,
    0xC4C6_628B_80DC_1CD1,
    0xC90F_DAA2_2168_C234,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// `-1 / P` modulo 2^64, by Newton's iteration: each turn doubles the number of bits that are right.
const NEGATED_INVERSE: u64 = {
    let mut inverse = 1_u64;
    let mut bits = 1;
    while bits < 64 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(P[0].wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse.wrapping_neg()
};

/// How far it is from one candidate to the next.
struct Step {
    exponent: [u8; PrivateKey::LEN],
    /// `2^exponent * 2^768 mod P`, as Montgomery's multiplication takes it.
    factor: Number,
}

impl Step {
    /// The one of this process.
    fn get() -> &'static Self {
        static STEP: OnceLock<Step> = OnceLock::new();
        STEP.get_or_init(|| {
            let mut exponent = [0; PrivateKey::LEN];
            // Short, so that the candidates do not run out.
            rand::rng().fill_bytes(&mut exponent[PrivateKey::LEN / 2..]);
            Self::of(exponent)
        })
    }

    fn of(exponent: [u8; PrivateKey::LEN]) -> Self {
        let mut factor = from_bytes(&PrivateKey::from_bytes(exponent).public_key());
        for _ in 0..8 * PUBLIC_KEY_LEN {
            factor = double(&factor);
        }
        Self { exponent, factor }
    }
}

/// Draws a private key whose public key is `wanted`. The lowest bit of the exponent stays random, and so does the Jacobi
/// symbol of the public key.
pub(crate) fn find<R: CryptoRng + ?Sized>(
    rng: &mut R,
    wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
) -> (PrivateKey, [u8; PUBLIC_KEY_LEN]) {
    let mut exponent = Zeroizing::new([0; PrivateKey::LEN]);
    rng.fill_bytes(&mut *exponent);
    let mut public_key = PrivateKey::from_bytes(*exponent).public_key();
    let mut number = from_bytes(&public_key);
    while !wanted(&public_key) {
        let step = Step::get();
        if add(&mut exponent, &step.exponent) {
            number = multiply(&number, &step.factor);
            public_key = to_bytes(&number);
        } else {
            rng.fill_bytes(&mut *exponent);
            public_key = PrivateKey::from_bytes(*exponent).public_key();
            number = from_bytes(&public_key);
        }
    }
    (PrivateKey::from_bytes(*exponent), public_key)
}

/// False if the sum is too large.
fn add(exponent: &mut [u8; PrivateKey::LEN], step: &[u8; PrivateKey::LEN]) -> bool {
    let mut carry = false;
    for (byte, add) in exponent.iter_mut().zip(step).rev() {
        let (sum, first) = byte.overflowing_add(*add);
        let (sum, second) = sum.overflowing_add(u8::from(carry));
        (*byte, carry) = (sum, first | second);
    }
    !carry
}

fn from_bytes(bytes: &[u8; PUBLIC_KEY_LEN]) -> Number {
    let mut number = Number::default();
    for (word, bytes) in number.iter_mut().zip(bytes.rchunks_exact(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    number
}

fn to_bytes(number: &Number) -> [u8; PUBLIC_KEY_LEN] {
    let mut bytes = [0; PUBLIC_KEY_LEN];
    for (bytes, word) in bytes.rchunks_exact_mut(8).zip(number) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// `2 * number mod P`.
fn double(number: &Number) -> Number {
    let mut doubled = *number;
    let mut overflow = 0;
    for word in &mut doubled {
        let shifted_out = *word >> 63;
        *word = *word << 1 | overflow;
        overflow = shifted_out;
    }
    reduce(doubled, overflow)
}

/// `one * other / 2^768 mod P`: Montgomery's multiplication, a word of `other` at a time.
fn multiply(one: &Number, other: &Number) -> Number {
    let mut sum = Number::default();
    let mut top = 0;
    for word in other {
        let above = add_product(&mut sum, one, *word, top);
        let multiple = sum[0].wrapping_mul(NEGATED_INVERSE);
        let above = {
            let carried = add_product(&mut sum, &P, multiple, above.0);
            (carried.0, u64::from(carried.1) + u64::from(above.1))
        };
        // The lowest word is zero now.
        sum.rotate_left(1);
        sum[WORDS - 1] = above.0;
        top = above.1;
    }
    reduce(sum, top)
}

/// Adds `number * word` to `sum`, which has `above` as its next word. The next word after that, and whether it
/// overflowed.
fn add_product(sum: &mut Number, number: &Number, word: u64, above: u64) -> (u64, bool) {
    let mut carry = 0;
    for (sum, factor) in sum.iter_mut().zip(number) {
        let product = u128::from(*factor) * u128::from(word) + u128::from(*sum) + u128::from(carry);
        (*sum, carry) = split(product);
    }
    above.overflowing_add(carry)
}

#[allow(clippy::cast_possible_truncation)]
const fn split(product: u128) -> (u64, u64) {
    (product as u64, (product >> 64) as u64)
}

/// `number + overflow * 2^768`, which is below `2 * P`, modulo P.
fn reduce(number: Number, overflow: u64) -> Number {
    let (mut reduced, mut borrow) = (number, false);
    for (word, subtract) in reduced.iter_mut().zip(P) {
        let (difference, first) = word.overflowing_sub(subtract);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*word, borrow) = (difference, first | second);
    }
    if overflow == 1 || !borrow { reduced } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_key(exponent: [u8; PrivateKey::LEN]) -> [u8; PUBLIC_KEY_LEN] {
        PrivateKey::from_bytes(exponent).public_key()
    }

    #[test]
    fn a_step_goes_on_from_a_power_to_the_right_one() {
        let mut exponent = [0x5A; PrivateKey::LEN];
        let mut number = from_bytes(&public_key(exponent));
        for byte in 1..=17 {
            let step = Step::of([byte; PrivateKey::LEN]);
            number = multiply(&number, &step.factor);
            assert!(add(&mut exponent, &step.exponent));
            assert_eq!(to_bytes(&number), public_key(exponent), "{byte}");
        }
    }

    #[test]
    fn products_of_the_largest_numbers_are_right() {
        let mut largest = P;
        largest[0] -= 1;
        // (-1) * (-1) * 2^-768, and back by 768 doublings.
        let mut product = multiply(&largest, &largest);
        for _ in 0..768 {
            product = double(&product);
        }
        let mut one = Number::default();
        one[0] = 1;
        assert_eq!(product, one);
        assert_eq!(double(&largest)[0], P[0] - 2);
    }

    #[test]
    fn the_exponent_counts_with_carry_and_stops_at_its_end() {
        let mut exponent = [0xFF; PrivateKey::LEN];
        exponent[0] = 0;
        let mut one = [0; PrivateKey::LEN];
        one[PrivateKey::LEN - 1] = 1;
        assert!(add(&mut exponent, &one));
        assert_eq!((exponent[0], exponent[PrivateKey::LEN - 1]), (1, 0));
        assert!(!add(&mut [0xFF; PrivateKey::LEN], &one));
    }

    #[test]
    fn what_is_found_is_wanted_and_belongs_to_its_private_key() {
        let (private_key, public_key) = find(&mut rand::rng(), |key| key.starts_with(b"M"));
        assert_eq!(public_key[0], b'M');
        assert_eq!(private_key.public_key(), public_key);
    }
}
