use std::sync::LazyLock;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U768, U1024};
use proptest::prelude::*;

use super::*;
use crate::crypto::test_cases;

type Oracle = FixedMontyForm<{ U768::LIMBS }>;

static PARAMS: LazyLock<FixedMontyParams<{ U768::LIMBS }>> =
    LazyLock::new(|| FixedMontyParams::new_vartime(Odd::new(U768::from_be_slice(&P_BYTES)).unwrap()));
static R_INVERSE: LazyLock<Oracle> = LazyLock::new(|| {
    let r = (0..R_BITS).fold(oracle(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), |r, _| {
        r.double()
    });
    r.invert().unwrap()
});

fn integer(limbs: &[u64; LIMBS]) -> U1024 {
    limbs.iter().rev().fold(U1024::ZERO, |sum, limb| {
        sum.shl_vartime(BITS).wrapping_add(&U1024::from_u64(*limb))
    })
}

fn modulo_p(limbs: &[u64; LIMBS]) -> U768 {
    let p = NonZero::new(U768::from_be_slice(&P_BYTES).resize::<{ U1024::LIMBS }>()).unwrap();
    integer(limbs).rem_vartime(&p).resize()
}

fn oracle(limbs: &[u64; LIMBS]) -> Oracle {
    Oracle::new(&modulo_p(limbs), &PARAMS)
}

fn big_endian(value: &U768) -> [u8; 96] {
    value.to_be_bytes().as_ref().try_into().unwrap()
}

/// Limbs of the extreme values are as likely as all others together.
fn limb(bits: u32) -> BoxedStrategy<u64> {
    let most = (1u64 << bits) - 1;
    prop_oneof![1 => Just(0), 1 => Just(1), 1 => Just(most), 1 => Just(most - 1), 1 => Just(most >> 1), 4 => 0..=most]
        .boxed()
}

/// Anything that operations take: limbs below 2^60, the whole below 2^770.
fn element() -> BoxedStrategy<Element> {
    let any = (prop::array::uniform12(limb(BITS)), limb(50)).prop_map(|(low, high)| {
        let mut limbs = [high; LIMBS];
        limbs[..12].copy_from_slice(&low);
        Element(limbs)
    });
    let near = |multiple: u64, sign: i64| {
        (0..4u64).prop_map(move |distance| {
            let p = U768::from_be_slice(&P_BYTES).resize::<{ U1024::LIMBS }>();
            let multiple = p.wrapping_mul(&U1024::from_u64(multiple));
            let distance = U1024::from_u64(distance);
            let value = if sign < 0 {
                multiple.wrapping_sub(&distance)
            } else {
                multiple.wrapping_add(&distance)
            };
            Element(std::array::from_fn(|i| {
                value.shr_vartime(BITS * i as u32).as_words()[0] & MASK
            }))
        })
    };
    prop_oneof![
        8 => any,
        1 => near(0, 1),
        1 => near(1, -1),
        1 => near(1, 1),
        1 => near(2, -1),
        1 => near(2, 1),
        1 => near(3, 1),
        1 => Just(Element([MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, MASK, (1 << 50) - 1])),
    ]
    .boxed()
}

fn check(result: &Element, want: &Oracle) -> Result<(), TestCaseError> {
    prop_assert_eq!(modulo_p(&result.0), want.retrieve());
    prop_assert!(result.0.iter().all(|limb| *limb <= MASK));
    prop_assert!(
        integer(&result.0).bits_vartime() <= 769,
        "the room for one more addition is lost"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(test_cases(4000)))]

    #[test]
    fn product_equals_crypto_bigint(a in element(), b in element()) {
        for m in every_modulus() {
            check(&a.mul(&b, m), &(oracle(&a.0) * oracle(&b.0) * *R_INVERSE))?;
        }
    }

    #[test]
    fn square_equals_crypto_bigint_and_the_product(a in element()) {
        for m in every_modulus() {
            let square = a.square(m);
            check(&square, &(oracle(&a.0).square() * *R_INVERSE))?;
            prop_assert_eq!(square.0, a.mul(&a, m).0);
        }
    }

    #[test]
    fn bytes_are_of_the_one_representative_below_p(a in element()) {
        for m in every_modulus() {
            prop_assert_eq!(a.to_bytes(m), big_endian(&(oracle(&a.0) * *R_INVERSE).retrieve()));
        }
    }

    #[test]
    fn any_bytes_come_back_modulo_p(low: [u8; 32], middle: [u8; 32], high: [u8; 32], ones: bool) {
        let mut bytes = [[if ones { 0xff } else { high[0] }; 32], middle, low].concat();
        bytes[8..32].copy_from_slice(&high[8..]);
        let bytes: [u8; 96] = bytes.try_into().unwrap();
        let want = big_endian(&modulo_p(&unpack(&bytes)));
        prop_assert_eq!(pack(&unpack(&bytes)), bytes);
        for m in every_modulus() {
            prop_assert_eq!(Element::from_bytes(&bytes, m).to_bytes(m), want);
        }
    }
}

#[test]
fn edge_values_keep_their_value_modulo_p() {
    let p = U768::from_be_slice(&P_BYTES);
    let one = U768::ONE;
    for (value, want) in [
        (U768::ZERO, U768::ZERO),
        (one, one),
        (p.wrapping_sub(&one), p.wrapping_sub(&one)),
        (p, U768::ZERO),
        (p.wrapping_add(&one), one),
        (U768::MAX, U768::MAX.wrapping_sub(&p)),
    ] {
        for m in every_modulus() {
            assert_eq!(
                Element::from_bytes(&big_endian(&value), m).to_bytes(m),
                big_endian(&want)
            );
        }
    }
}

#[test]
fn constants_are_what_they_are_called() {
    let p = integer(&P);
    let mut m = p.wrapping_mul(&U1024::from_u64(K)).wrapping_add(&U1024::ONE);
    assert_eq!(m.as_words()[0] & MASK, 0, "kP = -1 mod 2^60");
    m = m.shr_vartime(BITS);
    assert_eq!(integer(&N), m);
    assert_eq!(big_endian(&modulo_p(&P)), [0; 96]);
    assert_eq!(pack(&P), P_BYTES);
    let mut want = [0; 96];
    want[95] = 1;
    assert_eq!(Element::ONE.to_bytes(&MODULUS), want);
    want[95] = 2;
    assert_eq!(Element::TWO.to_bytes(&MODULUS), want);
}

#[test]
fn every_formulation_gives_the_same_limbs_and_not_only_the_same_integer() {
    let [one, other] = every_modulus();
    let mut element = Element::TWO;
    for _ in 0..1000 {
        let next = element.mul(&Element::TWO, one).square(one);
        assert_eq!(element.mul(&Element::TWO, other).square(other).0, next.0);
        element = next;
    }
}

#[test]
fn select_gives_the_element_at_the_index_and_zero_beyond() {
    let table: [Element; 64] =
        std::array::from_fn(|n| Element(std::array::from_fn(|i| (n * 100 + i + 1) as u64)));
    for (n, element) in table.iter().enumerate() {
        assert_eq!(Element::select(&table, n).0, element.0);
    }
    assert_eq!(Element::select(&table, 64).0, [0; LIMBS]);
}
