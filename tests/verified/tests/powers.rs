//! Powers and whole key exchanges, by both formulations of mse-primitives and by tokio-mse as it is built by default.
//!
//! One test, as the formulation is chosen for the whole process.

use mse_primitives::group::{self, P, Power};
use mse_primitives::internals::choose;
use mse_verified::{BySomeone, Exponent, Number, any_number, edge_numbers, every_oracle, powers};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};
use tokio_mse::internals as by_default;

fn two() -> Number {
    let mut two = [0; 96];
    two[95] = 2;
    two
}

/// The one result of all, or a panic.
fn agreed(oracles: &[Box<dyn BySomeone>], base: &Number, exponent: &Exponent) -> Number {
    let [verified, others @ ..] = oracles else {
        panic!("no implementations")
    };
    let power = verified.power(base, exponent);
    for other in others {
        assert_eq!(
            other.power(base, exponent),
            power,
            "{} for {base:x?} ^ {exponent:x?}",
            other.name()
        );
    }
    power
}

fn check(oracles: &[Box<dyn BySomeone>], base: &Number, exponent: &Exponent) {
    let public_key = agreed(oracles, &two(), exponent);
    let power = agreed(oracles, base, exponent);
    let product = oracles[0].product(&public_key, &power);
    // Within [2, P-2], as the specification has it, by subtraction.
    let acceptable = *base >= two() && {
        let mut most = P;
        most[95] -= 2;
        *base <= most
    };
    for by_columns in [false, true] {
        choose(Some(by_columns));
        assert_eq!(
            group::public_key(exponent),
            public_key,
            "2 ^ {exponent:x?}, {by_columns}"
        );
        assert_eq!(
            Power::of(base, exponent).to_bytes(),
            power,
            "{base:x?} ^ {exponent:x?}, {by_columns}"
        );
        let times = Power::of_two(exponent).times(&Power::of(base, exponent));
        assert_eq!(times.to_bytes(), product);
        assert_eq!(group::shared_secret(exponent, base), acceptable.then_some(power));
    }
    assert_eq!(by_default::public_key(exponent), public_key, "2 ^ {exponent:x?}");
    assert_eq!(
        by_default::shared_secret(exponent, base),
        acceptable.then_some(power),
        "{base:x?} ^ {exponent:x?}"
    );
}

/// A key exchange in which both ends compute in every way, and each takes the key that the other way made.
fn check_exchange(oracles: &[Box<dyn BySomeone>], a: &Exponent, b: &Exponent) {
    let (public_a, public_b) = (agreed(oracles, &two(), a), agreed(oracles, &two(), b));
    let secret = agreed(oracles, &public_b, a);
    assert_eq!(agreed(oracles, &public_a, b), secret);
    for by_columns in [false, true] {
        choose(Some(by_columns));
        assert_eq!(
            (group::public_key(a), by_default::public_key(b)),
            (public_a, public_b)
        );
        assert_eq!(
            (by_default::public_key(a), group::public_key(b)),
            (public_a, public_b)
        );
        assert_eq!(group::shared_secret(a, &public_b), Some(secret));
        assert_eq!(group::shared_secret(b, &public_a), Some(secret));
    }
    assert_eq!(by_default::shared_secret(a, &public_b), Some(secret));
    assert_eq!(by_default::shared_secret(b, &public_a), Some(secret));
}

/// Every bit alone, and every bit missing: 0 and the largest are among them.
fn edge_exponents() -> Vec<Exponent> {
    let mut exponents = vec![
        [0; 20], [0xff; 20], [0x55; 20], [0xaa; 20], [0x0f; 20], [0xf0; 20],
    ];
    for bit in 0..160 {
        let mut exponent = [0; 20];
        exponent[bit / 8] = 0x80 >> (bit % 8);
        exponents.extend([exponent, exponent.map(|byte| !byte)]);
    }
    exponents
}

#[test]
fn every_power_and_every_key_exchange_is_right() {
    let oracles = every_oracle();
    let mut rng = ChaCha20Rng::seed_from_u64(160);
    let (bases, exponents) = (edge_numbers(), edge_exponents());
    for base in &bases {
        check(&oracles, base, &rng.random());
        check(&oracles, base, &[0; 20]);
    }
    for exponent in &exponents {
        check(&oracles, &any_number(&mut rng), exponent);
    }
    for _ in 0..powers() {
        check(&oracles, &any_number(&mut rng), &rng.random());
        check_exchange(&oracles, &rng.random(), &rng.random());
    }
    println!(
        "{} bases and {} exponents at an edge; {} random powers and as many key exchanges",
        bases.len(),
        exponents.len(),
        powers()
    );
}
