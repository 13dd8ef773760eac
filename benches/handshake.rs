//! The two powers of a handshake, and whole handshakes without IO.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio_mse::{Policy, Skey};

#[path = "machines/both_ends.rs"]
mod both_ends;
// The library's source: the cipher and the arithmetic are not public.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/crypto/mod.rs"]
mod crypto;

use both_ends::both_ends;
use crypto::dh::PrivateKey;

fn handshake(c: &mut Criterion) {
    let mut group = c.benchmark_group("handshake");
    let key = || PrivateKey::from_bytes(black_box([0x5A; 20]));
    group.bench_function("public key, 2^x", |b| b.iter(|| key().public_key()));
    let peer = PrivateKey::from_bytes([0xA5; 20]).public_key();
    group.bench_function("shared secret, Y^x", |b| {
        b.iter(|| black_box(key().shared_secret(black_box(&peer)).is_ok()));
    });
    let (skey, policy) = (Skey::from([7; 20]), Policy::full_rc4());
    group.bench_function("both ends, without IO", |b| b.iter(|| both_ends(&skey, &policy)));
}

criterion_group!(benches, handshake);
criterion_main!(benches);
