//! Finding the SKEY of an incoming connection.

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio_mse::{Skey, SkeyHash, SkeyIndex};

/// As a test it only has to run.
const MANY: u32 = if cfg!(debug_assertions) { 10_000 } else { 1_000_000 };

fn skey(n: u32) -> Skey {
    let mut info_hash = [0; 20];
    info_hash[..4].copy_from_slice(&n.to_be_bytes());
    Skey::from(info_hash)
}

fn lookup(c: &mut Criterion) {
    let mut group = c.benchmark_group("skey");
    for len in [100, MANY] {
        // Filled only if it is asked for.
        let mut filled: Option<(SkeyIndex, Vec<SkeyHash>)> = None;
        group.bench_function(format!("one among {len}"), |b| {
            let (index, hashes) = filled.get_or_insert_with(|| {
                let scattered = |n: u32| skey(n.wrapping_mul(2_654_435_761) % len).lookup_hash();
                (
                    (0..len).map(|n| (skey(n), ())).collect(),
                    (0..10_000).map(scattered).collect(),
                )
            });
            let mut asked = hashes.iter().cycle();
            b.iter(|| asked.next().map(|hash| index.skey(black_box(*hash))));
        });
    }
}

criterion_group!(benches, lookup);
criterion_main!(benches);
