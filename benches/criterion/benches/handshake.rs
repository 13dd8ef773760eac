//! The two powers of a handshake, and whole handshakes without IO.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mse_measure::both_ends::both_ends;
use tokio_mse::internals::{public_key, shared_secret};
use tokio_mse::{Policy, Skey};

/// Evicts everything from the first two levels of the cache, as other work between two handshakes does.
fn evict(memory: &mut [u8]) {
    for line in memory.chunks_mut(64) {
        line[0] = line[0].wrapping_add(1);
    }
    black_box(memory);
}

fn handshake(c: &mut Criterion) {
    let mut group = c.benchmark_group("handshake");
    let key = || black_box([0x5A; 20]);
    group.bench_function("public key, 2^x", |b| b.iter(|| public_key(&key())));
    let peer = public_key(&[0xA5; 20]);
    group.bench_function("shared secret, Y^x", |b| {
        b.iter(|| black_box(shared_secret(&key(), black_box(&peer))));
    });
    let mut memory = vec![0; 16 << 20];
    group.bench_function("public key, 2^x, caches cold", |b| {
        b.iter_batched(
            || evict(&mut memory),
            |()| public_key(&key()),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("shared secret, Y^x, caches cold", |b| {
        b.iter_batched(
            || evict(&mut memory),
            |()| black_box(shared_secret(&key(), black_box(&peer))),
            BatchSize::PerIteration,
        );
    });
    let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
    group.bench_function("both ends, without IO", |b| b.iter(|| both_ends(&skey, &policy)));
}

criterion_group!(benches, handshake);
criterion_main!(benches);
