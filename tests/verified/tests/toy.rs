//! The source of the summation by rows with two limbs of six bits instead of thirteen of sixty: every product of every two
//! operands, for every prime that has room in it. The summation by columns is unrolled for thirteen limbs, and equals rows
//! limb for limb in the other tests.

mod rows {
    #![allow(clippy::inline_always, clippy::cast_possible_truncation)]

    include!("../../../primitives/src/field/rows.rs");
}

const LIMBS: usize = 2;
const BITS: u32 = 6;
const MASK: u64 = (1 << BITS) - 1;
const R: u64 = 1 << (2 * BITS);
/// -1/P mod 2^6, and so the low limb of P is the same for all primes.
const K: u64 = 19;
const LOW: u64 = 37;

type Columns = [u128; 2 * LIMBS - 1];

struct Modulus {
    p: [u64; LIMBS],
    n: [u64; LIMBS],
}

const fn wide(a: u64, b: u64) -> u128 {
    a as u128 * b as u128
}

const fn limbs(value: u64) -> [u64; LIMBS] {
    [value & MASK, value >> BITS]
}

const fn integer([low, high]: [u64; LIMBS]) -> u64 {
    low | high << BITS
}

#[test]
fn every_product_of_every_two_operands_is_right() {
    assert_eq!(K * LOW % (MASK + 1), MASK);
    let mut products = 0;
    // A sum of products is below 4P again if P is an eighth of R at most. The real P is a 4096th.
    let primes = (LOW..=R / 8)
        .step_by(1 << BITS)
        .filter(|p| (2..*p).all(|n| !p.is_multiple_of(n)));
    for p in primes.clone() {
        let m = Modulus {
            p: limbs(p),
            n: limbs((K * p + 1) >> BITS),
        };
        for a in 0..4 * p {
            for b in 0..4 * p {
                let result = rows::product(&limbs(a), &limbs(b), &m);
                assert!(
                    result[0] <= MASK && integer(result) < 4 * p,
                    "{a} * {b} modulo {p}: {result:?}"
                );
                assert_eq!(integer(result) * R % p, a * b % p, "{a} * {b} modulo {p}");
                products += 1;
            }
        }
    }
    assert_eq!(primes.collect::<Vec<_>>(), [37, 101, 229, 293, 421]);
    println!("{products} products");
}
