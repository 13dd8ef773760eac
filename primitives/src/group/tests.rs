use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;
use crate::field::every_modulus;
use crate::properties;

fn padded(value: &BigUint) -> [u8; KEY_LEN] {
    let bytes = value.to_bytes_be();
    let mut padded = [0; KEY_LEN];
    padded[KEY_LEN - bytes.len()..].copy_from_slice(&bytes);
    padded
}

/// base^exponent mod P by num-bigint.
fn oracle(base: &[u8; KEY_LEN], exponent: &[u8; EXPONENT_LEN]) -> [u8; KEY_LEN] {
    let [base, exponent, p] = [&base[..], exponent, &P].map(BigUint::from_bytes_be);
    padded(&base.modpow(&exponent, &p))
}

fn small(n: u8) -> [u8; KEY_LEN] {
    padded(&n.into())
}

fn p_plus(n: i16) -> [u8; KEY_LEN] {
    let mut y = P;
    let low = i16::from_be_bytes([y[94], y[95]]) + n;
    y[94..].copy_from_slice(&low.to_be_bytes());
    y
}

fn vector(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn field<const LEN: usize>(value: &serde_json::Value) -> [u8; LEN] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn the_prime_is_that_of_the_specification_and_none_of_the_wrong_ones_that_were_published() {
    let constants = vector(include_str!("../../../tests/vectors/constants.json"));
    assert_eq!(P, field(&constants["P"]));
    let wrong = constants["wrong_primes"].as_array().unwrap();
    assert_eq!(wrong.len(), 2);
    for wrong in wrong {
        assert_ne!(P, field(&wrong["hex"]));
    }
    let mut one = [0; EXPONENT_LEN];
    one[EXPONENT_LEN - 1] = 1;
    assert_eq!(public_key(&one), small(2));
}

#[test]
fn known_exchanges() {
    let both_sides = vector(include_str!("../../../tests/vectors/both_sides.json"));
    let (a, b) = (field(&both_sides["exponent_a"]), field(&both_sides["exponent_b"]));
    let (public_a, public_b) = (
        field(&both_sides["public_key_a"]),
        field(&both_sides["public_key_b"]),
    );
    assert_eq!((public_key(&a), public_key(&b)), (public_a, public_b));
    assert_eq!(shared_secret(&a, &public_b), Some(field(&both_sides["S"])));
    assert_eq!(shared_secret(&b, &public_a), Some(field(&both_sides["S"])));
}

#[test]
fn a_degenerate_key_is_refused() {
    let x = [1; EXPONENT_LEN];
    for y in [small(0), small(1), p_plus(-1), p_plus(0), p_plus(1), [0xff; 96]] {
        assert!(is_degenerate(&y));
        assert_eq!(shared_secret(&x, &y), None);
    }
    for y in [small(2), small(3), p_plus(-2), p_plus(-3)] {
        assert!(!is_degenerate(&y));
        assert_eq!(shared_secret(&x, &y), Some(oracle(&y, &x)));
    }
}

#[test]
fn powers_are_right_by_every_formulation() {
    let y = [0x5a; KEY_LEN];
    for x in [
        [0; 20],
        [0xff; 20],
        [0x5a; 20],
        [0x0f; 20],
        [0xf0; 20],
        *b"0123456789abcdefghij",
    ] {
        for m in every_modulus() {
            assert_eq!(comb::power_of_two(&x, m).to_bytes(m), oracle(&small(2), &x));
            let power = window::power(&Element::from_bytes(&y, m), &x, m);
            assert_eq!(power.to_bytes(m), oracle(&y, &x));
        }
    }
}

#[test]
fn each_bit_of_an_exponent_counts() {
    for n in 0..160 {
        let mut x = [0; EXPONENT_LEN];
        x[19 - n / 8] = 1 << (n % 8);
        assert_eq!(public_key(&x), oracle(&small(2), &x), "bit {n}");
        let x = x.map(|byte| !byte);
        assert_eq!(public_key(&x), oracle(&small(2), &x), "all but bit {n}");
    }
}

#[test]
fn debug_shows_nothing_of_a_power() {
    assert_eq!(format!("{:?}", Power::of_two(&[7; 20])), "Power(..)");
}

/// Keys at random, around both ends of what is acceptable, and with the beginning of P.
fn any_key() -> impl Strategy<Value = [u8; KEY_LEN]> {
    let end = prop::collection::vec(any::<u8>(), 0..=KEY_LEN);
    prop_oneof![
        end.prop_map(|end| [&P[..KEY_LEN - end.len()], &end]
            .concat()
            .try_into()
            .expect("96 bytes")),
        (0..8_u8).prop_map(small),
        (-8..8_i16).prop_map(p_plus),
    ]
}

proptest! {
    #![proptest_config(properties(200))]

    #[test]
    fn powers_equal_num_bigint(x: [u8; 20], step: [u8; 20], high: [u8; 32], middle: [u8; 32], low: [u8; 32]) {
        let y: [u8; 96] = [high, middle, low].concat().try_into().unwrap();
        prop_assert_eq!(public_key(&x), oracle(&small(2), &x));
        prop_assert_eq!(Power::of(&y, &x).to_bytes(), oracle(&y, &x));
        let product = BigUint::from_bytes_be(&oracle(&small(2), &x)) * BigUint::from_bytes_be(&oracle(&small(2), &step));
        let ours = Power::of_two(&x).times(&Power::of_two(&step)).to_bytes();
        prop_assert_eq!(ours, padded(&(product % BigUint::from_bytes_be(&P))));
    }

    #[test]
    fn a_key_is_acceptable_from_2_to_p_minus_2(key in any_key()) {
        statements::a_key_is_acceptable_from_2_to_p_minus_2(&key);
    }

    #[test]
    fn indices_have_every_bit_once(x: [u8; 20]) {
        comb::indices_have_every_bit_once(&x);
        window::digits_are_the_exponent(&x);
    }
}
