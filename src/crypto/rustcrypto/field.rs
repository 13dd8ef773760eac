//! Arithmetic modulo P by the crate `crypto-bigint`, in constant time.

#[cfg(test)]
#[path = "field_tests.rs"]
mod tests;

use crypto_bigint::modular::{ConstMontyForm, ConstMontyParams, FixedMontyParams};
use crypto_bigint::{CtAssign, CtEq, U768, Uint};
use zeroize::Zeroize;

use super::group::P_BYTES;

const LIMBS: usize = U768::LIMBS;

type Form = ConstMontyForm<Modulus, LIMBS>;

/// P, as the crate wants it. It needs nothing from memory, unlike that of the other arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Modulus;

impl ConstMontyParams<LIMBS> for Modulus {
    const LIMBS: usize = LIMBS;
    const PARAMS: FixedMontyParams<LIMBS> =
        FixedMontyParams::new_vartime(U768::from_be_slice(&P_BYTES).to_odd().expect_copied("P is odd"));
}

pub(super) static MODULUS: Modulus = Modulus;

pub(super) fn modulus() -> &'static Modulus {
    &MODULUS
}

/// The modulus with each formulation, of which the crate has one.
#[cfg(test)]
pub(super) fn every_modulus() -> [&'static Modulus; 1] {
    [&MODULUS]
}

/// An integer modulo P in Montgomery's form.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Element(Form);

impl Element {
    pub(super) const ONE: Self = Self(Form::ONE);
    pub(super) const TWO: Self = Self(Form::new(&Uint::from_u8(2)));

    /// From any 96 bytes, big endian, P and more included.
    pub(super) fn from_bytes(bytes: &[u8; 96], _: &Modulus) -> Self {
        Self(Form::new(&U768::from_be_slice(bytes)))
    }

    pub(super) fn to_integer(self, _: &Modulus) -> Integer {
        Integer(self)
    }

    /// The one representative below P, big endian.
    pub(super) fn to_bytes(self, _: &Modulus) -> [u8; 96] {
        let mut bytes = [0; 96];
        bytes.copy_from_slice(self.0.retrieve().to_be_bytes().as_ref());
        bytes
    }

    pub(super) const fn mul(&self, other: &Self, _: &Modulus) -> Self {
        Self(self.0.mul(&other.0))
    }

    pub(super) const fn square(&self, _: &Modulus) -> Self {
        Self(self.0.square())
    }

    /// `table[index]`, read by a scan over the whole table, so that the index leaves no trace in the cache.
    /// An index beyond the table gives zero.
    pub(super) fn select(table: &[Self], index: usize) -> Self {
        let mut found = Form::ZERO;
        for (n, element) in table.iter().enumerate() {
            found.ct_assign(&element.0, n.ct_eq(&index));
        }
        Self(found)
    }
}

impl Zeroize for Element {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// An integer modulo P that many others are made from by products. The crate multiplies in Montgomery's form only.
pub(super) struct Integer(Element);

impl Integer {
    pub(super) const fn mul(&self, other: &Element, m: &Modulus) -> Self {
        Self(self.0.mul(other, m))
    }

    /// The one representative below P, big endian.
    pub(super) fn to_bytes(&self) -> [u8; 96] {
        self.0.to_bytes(&MODULUS)
    }
}
