use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::crypto::test_cases;

fn p() -> BigUint {
    BigUint::from_bytes_be(&P_BYTES)
}

fn padded(value: &BigUint) -> [u8; 96] {
    let bytes = value.to_bytes_be();
    let mut padded = [0; 96];
    padded[96 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

/// Any 96 bytes, and those around P more often than by chance.
fn bytes() -> impl Strategy<Value = [u8; 96]> {
    let any = prop::array::uniform3(any::<[u8; 32]>()).prop_map(|parts| parts.concat().try_into().unwrap());
    prop_oneof![
        8 => any,
        1 => (0..5u8).prop_map(|n| padded(&(p() + n))),
        1 => (0..5u8).prop_map(|n| padded(&(p() - n))),
        1 => (0..5u8).prop_map(|n| padded(&n.into())),
        1 => Just([0xff; 96]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(test_cases(1000)))]

    #[test]
    fn products_and_squares_equal_num_bigint(a in bytes(), b in bytes()) {
        let (x, y) = (BigUint::from_bytes_be(&a), BigUint::from_bytes_be(&b));
        let (a, b) = (Element::from_bytes(&a, &MODULUS), Element::from_bytes(&b, &MODULUS));
        prop_assert_eq!(a.to_bytes(&MODULUS), padded(&(&x % p())));
        prop_assert_eq!(a.mul(&b, &MODULUS).to_bytes(&MODULUS), padded(&(&x * &y % p())));
        prop_assert_eq!(a.square(&MODULUS).to_bytes(&MODULUS), padded(&(&x * &x % p())));
        prop_assert_eq!(a.to_integer(&MODULUS).mul(&b, &MODULUS).to_bytes(), padded(&(&x * &y % p())));
    }
}

#[test]
fn constants_are_what_they_are_called() {
    for m in every_modulus() {
        assert_eq!(Element::ONE.to_bytes(m), padded(&1u8.into()));
        assert_eq!(Element::TWO.to_bytes(m), padded(&2u8.into()));
    }
}

#[test]
fn select_gives_the_element_at_the_index_and_zero_beyond() {
    let table: [Element; 32] =
        std::array::from_fn(|n| Element::from_bytes(&[u8::try_from(n + 1).unwrap(); 96], &MODULUS));
    for (n, element) in table.iter().enumerate() {
        assert_eq!(
            Element::select(&table, n).to_bytes(&MODULUS),
            element.to_bytes(&MODULUS)
        );
    }
    assert_eq!(Element::select(&table, 32).to_bytes(&MODULUS), [0; 96]);
}

#[test]
fn an_element_is_wiped() {
    let mut element = Element::from_bytes(&[7; 96], &MODULUS);
    element.zeroize();
    assert_eq!(element.0.as_montgomery(), &U768::ZERO);
}
