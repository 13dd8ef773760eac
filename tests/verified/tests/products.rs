//! Products, squares and conversions, by both formulations.

use mse_primitives::internals::field::{self, BITS, Limbs, R_BITS};
use mse_verified::{
    BySomeone, Number, any_limbs, any_number, edge_limbs, edge_numbers, every_oracle, products,
};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// 2^780 modulo P by this implementation.
fn r(oracle: &dyn BySomeone) -> Number {
    let mut exponent = [0; 20];
    exponent[16..].copy_from_slice(&R_BITS.to_be_bytes());
    oracle.power(&small(2), &exponent)
}

fn small(n: u8) -> Number {
    let mut number = [0; 96];
    number[95] = n;
    number
}

/// The implementations, each with its R.
fn oracles() -> Vec<(Box<dyn BySomeone>, Number)> {
    every_oracle()
        .into_iter()
        .map(|oracle| (r(&*oracle), oracle))
        .map(|(r, oracle)| (oracle, r))
        .collect()
}

/// The result by rows, which the result by columns equals limb for limb, and which may be an operand again.
fn by_both(operation: impl Fn(bool) -> Limbs) -> Limbs {
    let [rows, columns] = [false, true].map(operation);
    assert_eq!(rows, columns);
    assert!(rows[..12].iter().all(|limb| limb >> BITS == 0), "{rows:x?}");
    assert!(rows[12] >> 49 == 0, "{rows:x?} is not below 2^769");
    rows
}

fn check_product(oracles: &[(Box<dyn BySomeone>, Number)], a: &Limbs, b: &Limbs) {
    let result = by_both(|by_columns| field::product(a, b, by_columns));
    for (oracle, r) in oracles {
        let want = oracle.product(&oracle.value(a), &oracle.value(b));
        let seen = oracle.product(&oracle.value(&result), r);
        assert_eq!(seen, want, "{} for {a:x?} * {b:x?}", oracle.name());
    }
}

fn check_square(oracles: &[(Box<dyn BySomeone>, Number)], a: &Limbs) {
    let result = by_both(|by_columns| field::square(a, by_columns));
    assert_eq!(result, field::product(a, a, false));
    for (oracle, r) in oracles {
        let want = oracle.square(&oracle.value(a));
        let seen = oracle.product(&oracle.value(&result), r);
        assert_eq!(seen, want, "{} for the square of {a:x?}", oracle.name());
    }
}

/// The bytes are of the one representative below P, after the last reduction.
fn check_bytes(oracles: &[(Box<dyn BySomeone>, Number)], a: &Limbs) {
    let [bytes, by_columns] = [false, true].map(|by_columns| field::to_bytes(a, by_columns));
    assert_eq!(bytes, by_columns);
    for (oracle, r) in oracles {
        assert_eq!(
            oracle.value(&limbs_of(&bytes)),
            bytes,
            "{}: not below P",
            oracle.name()
        );
        assert_eq!(
            oracle.product(&bytes, r),
            oracle.value(a),
            "{} for the bytes of {a:x?}",
            oracle.name()
        );
    }
}

/// The same number in limbs, not in Montgomery form.
fn limbs_of(number: &Number) -> Limbs {
    std::array::from_fn(|n| {
        (60 * n..60 * (n + 1)).rev().fold(0, |limb, bit| {
            let byte = number.len().checked_sub(1 + bit / 8).map_or(0, |at| number[at]);
            limb << 1 | u64::from(byte >> (bit % 8) & 1)
        })
    })
}

fn check_number(oracles: &[(Box<dyn BySomeone>, Number)], number: &Number) {
    let element = by_both(|by_columns| field::from_bytes(number, by_columns));
    let back = field::to_bytes(&element, false);
    for (oracle, _) in oracles {
        assert_eq!(
            back,
            oracle.product(number, &small(1)),
            "{} for {number:x?}",
            oracle.name()
        );
    }
}

#[test]
fn every_pair_of_edges_has_the_right_product() {
    let (oracles, edges) = (oracles(), edge_limbs());
    for a in &edges {
        check_square(&oracles, a);
        check_bytes(&oracles, a);
        for b in &edges {
            check_product(&oracles, a, b);
        }
    }
    println!(
        "{0} operands, {0} squares, {1} products",
        edges.len(),
        edges.len() * edges.len()
    );
    assert!(edges.len() > 200);
}

#[test]
fn every_edge_comes_back_modulo_p() {
    let (oracles, edges) = (oracles(), edge_numbers());
    for number in &edges {
        check_number(&oracles, number);
    }
    println!("{} numbers", edges.len());
    assert!(edges.len() > 100);
}

#[test]
fn random_operands_have_the_right_product() {
    let oracles = oracles();
    let mut rng = ChaCha20Rng::seed_from_u64(768);
    for _ in 0..products() {
        let (a, b) = (any_limbs(&mut rng), any_limbs(&mut rng));
        check_product(&oracles, &a, &b);
        check_square(&oracles, &a);
        check_bytes(&oracles, &b);
        check_number(&oracles, &any_number(&mut rng));
    }
    println!(
        "{0} products, {0} squares, {0} conversions to bytes, {0} from bytes",
        products()
    );
}
