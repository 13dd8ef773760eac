use std::sync::LazyLock;

use num_bigint::BigUint;
use proptest::prelude::*;

use super::statements::MOST_IN_A_COLUMN;
use super::*;
use crate::properties;

static PRIME: LazyLock<BigUint> = LazyLock::new(|| BigUint::from_bytes_be(&P_BYTES));
/// 1/R mod P, by Fermat.
static R_INVERSE: LazyLock<BigUint> =
    LazyLock::new(|| (BigUint::from(1u8) << R_BITS).modpow(&(&*PRIME - 2u8), &PRIME));

fn integer(limbs: &[u64; LIMBS]) -> BigUint {
    limbs
        .iter()
        .rev()
        .fold(BigUint::ZERO, |sum, limb| (sum << BITS) + limb)
}

fn limbs(value: &BigUint) -> [u64; LIMBS] {
    std::array::from_fn(|i| {
        let limb = (value >> (BITS * i as u32)) & BigUint::from(MASK);
        limb.iter_u64_digits().next().unwrap_or(0)
    })
}

fn big_endian(value: &BigUint) -> [u8; 96] {
    let bytes = value.to_bytes_be();
    let mut padded = [0; 96];
    padded[96 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

/// Each extreme value is as likely as a quarter of all the others.
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
    let above = |multiple: u8| (0..4u8).prop_map(move |n| Element(limbs(&(&*PRIME * multiple + n))));
    let below = |multiple: u8| (1..4u8).prop_map(move |n| Element(limbs(&(&*PRIME * multiple - n))));
    let mut most = [MASK; LIMBS];
    most[LIMBS - 1] = (1 << 50) - 1;
    prop_oneof![
        8 => any,
        1 => above(0),
        1 => below(1),
        1 => above(1),
        1 => below(2),
        1 => above(2),
        1 => above(3),
        1 => Just(Element(most)),
    ]
    .boxed()
}

/// Any limbs below 2^60.
fn any_limbs() -> impl Strategy<Value = [u64; LIMBS]> {
    (prop::array::uniform12(limb(BITS)), limb(BITS)).prop_map(|(low, high)| {
        let mut limbs = [high; LIMBS];
        limbs[..12].copy_from_slice(&low);
        limbs
    })
}

/// The sums of any columns, each as large as that of products can be. One in three is the largest.
fn any_columns() -> impl Strategy<Value = Columns> {
    let column = prop_oneof![1 => Just(MOST_IN_A_COLUMN), 2 => 0..=MOST_IN_A_COLUMN];
    let columns = prop::collection::vec(column, 2 * LIMBS - 1);
    columns.prop_map(|columns| columns.try_into().expect("as many as there are"))
}

/// Whether `result` stands for `want`, and may be an operand again.
fn check(result: &Element, want: &BigUint) -> Result<(), TestCaseError> {
    prop_assert_eq!(integer(&result.0) % &*PRIME, want % &*PRIME);
    prop_assert!(result.0.iter().all(|limb| *limb <= MASK));
    prop_assert!(integer(&result.0).bits() <= 769);
    Ok(())
}

proptest! {
    #![proptest_config(properties(2000))]

    #[test]
    fn product_equals_num_bigint(a in element(), b in element()) {
        for m in every_modulus() {
            check(&a.mul(&b, m), &(integer(&a.0) * integer(&b.0) * &*R_INVERSE))?;
        }
    }

    #[test]
    fn square_equals_num_bigint_and_the_product(a in element()) {
        for m in every_modulus() {
            let square = a.square(m);
            check(&square, &(integer(&a.0) * integer(&a.0) * &*R_INVERSE))?;
            prop_assert_eq!(square.0, a.mul(&a, m).0);
        }
    }

    #[test]
    fn bytes_are_of_the_one_representative_below_p(a in element()) {
        for m in every_modulus() {
            prop_assert_eq!(a.to_bytes(m), big_endian(&(integer(&a.0) * &*R_INVERSE % &*PRIME)));
        }
    }

    #[test]
    fn any_bytes_come_back_modulo_p(low: [u8; 32], middle: [u8; 32], high: [u8; 32], ones: bool) {
        let mut bytes = [[if ones { 0xff } else { high[0] }; 32], middle, low].concat();
        bytes[8..32].copy_from_slice(&high[8..]);
        let bytes: [u8; 96] = bytes.try_into().unwrap();
        let want = big_endian(&(BigUint::from_bytes_be(&bytes) % &*PRIME));
        prop_assert_eq!(integer(&unpack(&bytes)), BigUint::from_bytes_be(&bytes));
        prop_assert_eq!(pack(&unpack(&bytes)), bytes);
        for m in every_modulus() {
            prop_assert_eq!(Element::from_bytes(&bytes, m).to_bytes(m), want);
        }
    }
}

proptest! {
    #![proptest_config(properties(2000))]

    #[test]
    fn p_is_subtracted_once_or_not_at_all(limbs in any_limbs(), near in element()) {
        statements::p_is_subtracted_once_or_not_at_all(&limbs);
        statements::p_is_subtracted_once_or_not_at_all(&near.0);
    }

    #[test]
    fn products_fit(a in any_limbs(), b in any_limbs()) {
        statements::squares_fit(&a);
        statements::squares_fit(&[MASK; LIMBS]);
        statements::products_fit(&a, &b);
        statements::products_fit(&[MASK; LIMBS], &b);
        statements::products_fit(&[MASK; LIMBS], &[MASK; LIMBS]);
    }

    #[test]
    fn reductions_fit_and_lose_no_carry(sums in any_columns()) {
        statements::reductions_fit(&sums);
        let result = rows::reduce(sums, &MODULUS);
        prop_assert_eq!(result, columns::reduce(&sums, &MODULUS));
        let sum = sums.iter().rev().fold(BigUint::ZERO, |sum, column| (sum << BITS) + column);
        prop_assert_eq!(integer(&result) % &*PRIME, sum * &*R_INVERSE % &*PRIME);
    }

    #[test]
    fn bytes_survive_as_limbs(thirds: [[u8; 32]; 3]) {
        statements::bytes_survive_as_limbs(&thirds.concat().try_into().expect("96 bytes"));
    }

    #[test]
    fn selection_is_by_index(table in prop::array::uniform4(any_limbs()), index in 0..6_usize, far in 0..=usize::MAX >> 1) {
        statements::selection_is_by_index(table, index);
        statements::selection_is_by_index(table, far);
    }
}

#[test]
fn edge_values_keep_their_value_modulo_p() {
    let p = &*PRIME;
    let most = (BigUint::from(1u8) << 768) - 1u8;
    for value in [0u8.into(), 1u8.into(), p - 1u8, p.clone(), p + 1u8, most] {
        for m in every_modulus() {
            assert_eq!(
                Element::from_bytes(&big_endian(&value), m).to_bytes(m),
                big_endian(&(&value % p))
            );
        }
    }
}

#[test]
fn constants_are_what_they_are_called() {
    let m: BigUint = integer(&P) * K + 1u8;
    assert_eq!(
        &m % (BigUint::from(1u8) << BITS),
        BigUint::ZERO,
        "kP = -1 mod 2^60"
    );
    assert_eq!(integer(&N), m >> BITS);
    assert_eq!(integer(&P), *PRIME);
    assert_eq!(pack(&P), P_BYTES);
    assert_eq!(Element::ONE.to_bytes(&MODULUS), big_endian(&1u8.into()));
    assert_eq!(Element::TWO.to_bytes(&MODULUS), big_endian(&2u8.into()));
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
