//! The two powers of a handshake, and whole handshakes without IO.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tokio_mse::{Policy, Skey};

#[path = "machines/both_ends.rs"]
mod both_ends;
// The library's source: the cipher and the arithmetic are not public.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/crypto/mod.rs"]
mod crypto;

use both_ends::both_ends;
use crypto::dh::PrivateKey;

/// Leaves nothing of a handshake in the first two levels of the cache: what other work between two handshakes does.
fn evict(memory: &mut [u8]) {
    for line in memory.chunks_mut(64) {
        line[0] = line[0].wrapping_add(1);
    }
    black_box(memory);
}

fn handshake(c: &mut Criterion) {
    let mut group = c.benchmark_group("handshake");
    let key = || PrivateKey::from_bytes(black_box([0x5A; 20]));
    group.bench_function("public key, 2^x", |b| b.iter(|| key().public_key()));
    let peer = PrivateKey::from_bytes([0xA5; 20]).public_key();
    group.bench_function("shared secret, Y^x", |b| {
        b.iter(|| black_box(key().shared_secret(black_box(&peer)).is_ok()));
    });
    let mut memory = vec![0; 16 << 20];
    group.bench_function("public key, 2^x, caches cold", |b| {
        b.iter_batched(
            || evict(&mut memory),
            |()| key().public_key(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("shared secret, Y^x, caches cold", |b| {
        b.iter_batched(
            || evict(&mut memory),
            |()| black_box(key().shared_secret(black_box(&peer)).is_ok()),
            BatchSize::PerIteration,
        );
    });
    let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
    group.bench_function("both ends, without IO", |b| b.iter(|| both_ends(&skey, &policy)));
}

criterion_group!(benches, handshake);
criterion_main!(benches);
