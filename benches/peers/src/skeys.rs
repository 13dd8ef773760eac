//! Finding the SKEY among many.

use std::hint::black_box;

use tokio_mse::{Skey, SkeyHash, SkeyIndex, SkeyResolver};

use crate::race::Race;
use crate::report::Report;

fn skey(n: u32) -> Skey {
    let mut info_hash = [0; 20];
    info_hash[..4].copy_from_slice(&n.to_be_bytes());
    Skey::from(info_hash)
}

pub fn measure(report: &mut Report, rounds: usize) {
    let index = |len: u32| (0..len).map(skey).collect::<SkeyIndex>();
    // Connections come for a few hundred torrents out of the many; each has to be found among all.
    let hashes = |len: u32| -> Vec<SkeyHash> {
        (0..10_000u32)
            .map(|n| skey(n.wrapping_mul(2_654_435_761) % len).hash())
            .collect()
    };
    let (few, many) = (index(100), index(1_000_000));
    let (few_hashes, many_hashes) = (hashes(100), hashes(1_000_000));
    let find = |index: &SkeyIndex, hashes: &[SkeyHash]| {
        for hash in hashes {
            assert!(black_box(index.resolve(black_box(hash))).is_some());
        }
    };
    let outcome = Race::new()
        .enter("few", || find(&few, &few_hashes))
        .enter("many", || find(&many, &many_hashes))
        .run(rounds, 10_000.0);
    let ratio = outcome.ratio("many", "few");
    report.costs("SKEY lookup among 1,000,000", "among 100", ratio, Some(3.0));
    report.sustains(
        "SKEY lookups among 1,000,000",
        &format!("{:.1} million per second", 1000.0 / outcome.median("many")),
    );
}
