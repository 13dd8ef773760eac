//! Finding the SKEY among many.

use std::hint::black_box;

use tokio_mse::{Skey, SkeyHash, SkeyIndex, SkeyResolver};

use crate::race::Race;
use crate::report::Report;

/// In one round.
const LOOKUPS: u32 = 10_000;

fn skey(n: u32) -> Skey {
    let mut info_hash = [0; 20];
    info_hash[..4].copy_from_slice(&n.to_be_bytes());
    Skey::from(info_hash)
}

pub fn measure(report: &mut Report, rounds: usize) {
    let index = |len: u32| (0..len).map(skey).collect::<SkeyIndex>();
    let hashes = |asked: u32, len: u32| -> Vec<SkeyHash> {
        let scattered = |n: u32| skey((n % asked).wrapping_mul(2_654_435_761) % len).hash();
        (0..LOOKUPS).map(scattered).collect()
    };
    let (few, many) = (index(100), index(1_000_000));
    let (of_few, same_of_many, any_of_many) = (
        hashes(100, 100),
        hashes(100, 1_000_000),
        hashes(LOOKUPS, 1_000_000),
    );
    let find = |index: &SkeyIndex, hashes: &[SkeyHash]| {
        for hash in hashes {
            assert!(black_box(index.resolve(black_box(hash))).is_some());
        }
    };
    let outcome = Race::new()
        .enter("few", || find(&few, &of_few))
        .enter("many", || find(&many, &same_of_many))
        .enter("scattered", || find(&many, &any_of_many))
        .run(rounds, f64::from(LOOKUPS));
    report.costs(
        "SKEY lookup among 1,000,000",
        "among 100, as many different ones asked for",
        outcome.ratio("many", "few"),
        Some(3.0),
    );
    report.costs(
        "SKEY lookup among 1,000,000, all of them asked for",
        "among 100, which the cache holds",
        outcome.ratio("scattered", "few"),
        None,
    );
    for (what, name) in [
        ("SKEY lookups among 1,000,000, 100 of them asked for", "many"),
        ("SKEY lookups among 1,000,000, all of them asked for", "scattered"),
    ] {
        report.sustains(
            what,
            &format!("{:.1} million per second", 1000.0 / outcome.median(name)),
        );
    }
}
