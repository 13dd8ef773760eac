//! The two powers of a handshake, and whole handshakes without IO.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio_mse::handshake::{Initiator, Progress, Randomness, Responder};
use tokio_mse::{Policy, Skey};

// The library's source: the cipher and the arithmetic are not public.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "../src/crypto/mod.rs"]
mod crypto;

use crypto::dh::PrivateKey;

fn both_ends(skey: &Skey, policy: &Policy) {
    let mut rng = rand::rng();
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    let a = Initiator::new(
        skey.clone(),
        policy,
        "",
        Randomness::generate(&mut rng),
        &mut to_b,
    );
    let b = Responder::new(policy, Randomness::generate(&mut rng));
    let Ok(Progress::NeedInput(b)) = b.process(&std::mem::take(&mut to_b), &mut to_a) else {
        panic!("step 1")
    };
    let Ok(Progress::NeedInput(a)) = a.process(&std::mem::take(&mut to_a), &mut to_b) else {
        panic!("step 2")
    };
    let Ok(Progress::Done(request)) = b.process(&to_b, &mut to_a) else {
        panic!("step 3")
    };
    let Ok(Progress::Done(b)) = request.resolve(skey.clone(), "").process(&[], &mut to_a) else {
        panic!("step 3")
    };
    let Ok(Progress::Done(a)) = a.process(&to_a, &mut to_b) else {
        panic!("step 4")
    };
    black_box((a, b));
}

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
