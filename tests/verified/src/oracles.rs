//! The implementations that mse-primitives has to agree with.

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams, FixedMontyParams};
use crypto_bigint::{U192, U768};
use libcrux_hacl_rs::bignum::{base::bn_mont_ctx_u64, bignum64};
use mse_primitives::group::P;
use mse_primitives::internals::field::{BITS, Limbs};
use num_bigint::BigUint;

use crate::{Exponent, Number};

/// Results are below P.
pub trait BySomeone {
    fn name(&self) -> &'static str;

    /// The integer that the limbs stand for, modulo P.
    fn value(&self, limbs: &Limbs) -> Number;

    fn product(&self, a: &Number, b: &Number) -> Number;

    fn square(&self, a: &Number) -> Number;

    fn power(&self, base: &Number, exponent: &Exponent) -> Number;
}

pub fn every_oracle() -> [Box<dyn BySomeone>; 3] {
    [
        Box::new(Verified::new()),
        Box::new(CryptoBigint),
        Box::new(NumBigint::new()),
    ]
}

/// HACL*, proved correct in F* and extracted to Rust.
pub struct Verified(Box<[bn_mont_ctx_u64]>);

const WORDS: u32 = 12;

type Words = [u64; WORDS as usize];
type Wide = [u64; 2 * WORDS as usize];

impl Verified {
    pub fn new() -> Self {
        Self(bignum64::mont_ctx_init(WORDS, &words(&P)))
    }

    fn reduced(&self, wide: &Wide) -> Words {
        let mut result = Words::default();
        bignum64::mod_precomp(&self.0, wide, &mut result);
        result
    }
}

impl Default for Verified {
    fn default() -> Self {
        Self::new()
    }
}

impl BySomeone for Verified {
    fn name(&self) -> &'static str {
        "libcrux-hacl-rs"
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low word and the high word")]
    fn value(&self, limbs: &Limbs) -> Number {
        let mut wide = Wide::default();
        for (bit, limb) in (0..).step_by(BITS as usize).zip(limbs) {
            let (word, shift) = (bit / 64, bit % 64);
            let pair = u128::from(*limb) << shift;
            wide[word] |= pair as u64;
            wide[word + 1] |= (pair >> 64) as u64;
        }
        bytes(&self.reduced(&wide))
    }

    fn product(&self, a: &Number, b: &Number) -> Number {
        let mut wide = Wide::default();
        bignum64::mul(WORDS, &words(a), &words(b), &mut wide);
        bytes(&self.reduced(&wide))
    }

    fn square(&self, a: &Number) -> Number {
        let mut wide = Wide::default();
        bignum64::sqr(WORDS, &words(a), &mut wide);
        bytes(&self.reduced(&wide))
    }

    fn power(&self, base: &Number, exponent: &Exponent) -> Number {
        let mut wide = Wide::default();
        wide[..WORDS as usize].copy_from_slice(&words(base));
        let base = self.reduced(&wide);
        let mut padded = [0; 96];
        padded[76..].copy_from_slice(exponent);
        let mut result = Words::default();
        bignum64::mod_exp_consttime_precomp(&self.0, &base, 160, &words(&padded)[..3], &mut result);
        bytes(&result)
    }
}

/// The lowest word first.
fn words(number: &Number) -> Words {
    let (chunks, _) = number.as_chunks();
    std::array::from_fn(|n| u64::from_be_bytes(chunks[WORDS as usize - 1 - n]))
}

fn bytes(words: &Words) -> Number {
    let mut number = [0; 96];
    bignum64::bn_to_bytes_be(96, words, &mut number);
    number
}

/// The type with which tokio-mse computes by default.
pub struct CryptoBigint;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modulus;

impl ConstMontyParams<{ U768::LIMBS }> for Modulus {
    const LIMBS: usize = U768::LIMBS;
    const PARAMS: FixedMontyParams<{ U768::LIMBS }> =
        FixedMontyParams::new_vartime(U768::from_be_slice(&P).to_odd().expect_copied("P is odd"));
}

type Element = ConstMontyForm<Modulus, { U768::LIMBS }>;

fn element(number: &Number) -> Element {
    Element::new(&U768::from_be_slice(number))
}

fn retrieved(element: Element) -> Number {
    let mut number = [0; 96];
    number.copy_from_slice(element.retrieve().to_be_bytes().as_ref());
    number
}

impl BySomeone for CryptoBigint {
    fn name(&self) -> &'static str {
        "crypto-bigint"
    }

    fn value(&self, limbs: &Limbs) -> Number {
        let radix = Element::new(&U768::from_u64(1 << BITS));
        retrieved(limbs.iter().rev().fold(Element::ZERO, |sum, limb| {
            sum.mul(&radix).add(&Element::new(&U768::from_u64(*limb)))
        }))
    }

    fn product(&self, a: &Number, b: &Number) -> Number {
        retrieved(element(a).mul(&element(b)))
    }

    fn square(&self, a: &Number) -> Number {
        retrieved(element(a).square())
    }

    fn power(&self, base: &Number, exponent: &Exponent) -> Number {
        let mut padded = [0; 24];
        padded[4..].copy_from_slice(exponent);
        retrieved(element(base).pow_bounded_exp(&U192::from_be_slice(&padded), 160))
    }
}

/// Schoolbook and division: it shares no method with the others.
pub struct NumBigint(BigUint);

impl NumBigint {
    pub fn new() -> Self {
        Self(BigUint::from_bytes_be(&P))
    }
}

impl Default for NumBigint {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn padded(value: &BigUint) -> Number {
    let bytes = value.to_bytes_be();
    let mut padded = [0; 96];
    padded[96 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

impl BySomeone for NumBigint {
    fn name(&self) -> &'static str {
        "num-bigint"
    }

    fn value(&self, limbs: &Limbs) -> Number {
        let sum = limbs
            .iter()
            .rev()
            .fold(BigUint::ZERO, |sum, limb| (sum << BITS) + limb);
        padded(&(sum % &self.0))
    }

    fn product(&self, a: &Number, b: &Number) -> Number {
        padded(&(BigUint::from_bytes_be(a) * BigUint::from_bytes_be(b) % &self.0))
    }

    fn square(&self, a: &Number) -> Number {
        self.product(a, a)
    }

    fn power(&self, base: &Number, exponent: &Exponent) -> Number {
        let [base, exponent] = [&base[..], exponent].map(BigUint::from_bytes_be);
        padded(&base.modpow(&exponent, &self.0))
    }
}
