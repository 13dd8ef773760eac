//! Finding the SKEY among many, alone and while another thread inserts.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use tokio_mse::{Skey, SkeyHash, SkeyIndex};

use crate::report::Report;
use mse_measure::race::{Race, Spread};

/// In one round.
const LOOKUPS: u32 = 10_000;

fn skey(n: u32) -> Skey {
    let mut info_hash = [0; 20];
    info_hash[..4].copy_from_slice(&n.to_be_bytes());
    Skey::from(info_hash)
}

pub fn measure(report: &mut Report, rounds: usize) {
    let index = |len: u32| (0..len).map(|n| (skey(n), ())).collect::<SkeyIndex>();
    let hashes = |asked: u32, len: u32| -> Vec<SkeyHash> {
        let scattered = |n: u32| skey((n % asked).wrapping_mul(2_654_435_761) % len).lookup_hash();
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
            assert!(black_box(index.skey(black_box(*hash))).is_some());
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

/// Torrents of a process that adds more all the time.
const SERVED: u32 = 10_000;
/// Lookups that are timed together: few, so that most are not interrupted.
const BATCH: usize = 32;
const BATCHES: usize = 10_000;
const TURNS: usize = 9;

/// Wall time of a lookup, as it may have to wait for another thread, and of the slowest in a thousand.
pub fn measure_beside_insertions(report: &mut Report) {
    let turns: Vec<[Vec<f64>; 2]> = (0..TURNS).map(|_| [false, true].map(lookups)).collect();
    for (what, at) in [("SKEY lookup", 500), ("the slowest of 1000 SKEY lookups", 999)] {
        let at = BATCHES * at / 1000;
        let ratios: Vec<f64> = turns
            .iter()
            .map(|[quiet, beside]| beside[at] / quiet[at])
            .collect();
        report.costs(
            &format!("{what} while another thread inserts without a pause"),
            "while none does",
            Spread::of(&ratios),
            None,
        );
        let [quiet, beside] = [0, 1].map(|which| {
            let times: Vec<f64> = turns.iter().map(|turn| turn[which][at]).collect();
            Spread::of(&times).median
        });
        report.sustains(
            &format!("{what}, two threads: none inserts, one does"),
            &format!("{quiet:.0} ns, {beside:.0} ns"),
        );
    }
}

/// Nanoseconds of a lookup, batch by batch, from the quickest to the slowest.
fn lookups(inserting: bool) -> Vec<f64> {
    let index: SkeyIndex = (0..SERVED).map(|n| (skey(n), ())).collect();
    let hashes: Vec<SkeyHash> = (0..SERVED)
        .map(|n| skey(n.wrapping_mul(2_654_435_761) % SERVED).lookup_hash())
        .collect();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        if inserting {
            scope.spawn(|| {
                for n in (SERVED..2 * SERVED).cycle() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    index.insert(skey(n), ());
                    index.remove(&skey(n));
                }
            });
        }
        let mut asked = hashes.chunks_exact(BATCH).cycle();
        let mut times: Vec<f64> = (0..BATCHES)
            .map(|_| {
                let batch = asked.next().unwrap_or_default();
                let before = Instant::now();
                for hash in batch {
                    assert!(black_box(index.skey(black_box(*hash))).is_some());
                }
                before.elapsed().as_nanos() as f64 / BATCH as f64
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        times.sort_by(f64::total_cmp);
        times
    })
}
