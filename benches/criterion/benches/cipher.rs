//! The cipher, its set-up, and whole writes of a stream. Against the `rc4` crate.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mse_measure::writer::Writer;
use rc4::{KeyInit, StreamCipher};
use tokio_mse::internals::Rc4;

const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];

fn crates_cipher(key: &[u8; 20]) -> rc4::Rc4 {
    let mut cipher = rc4::Rc4::new_from_slice(key).unwrap();
    cipher.apply_keystream(&mut [0; 1024]);
    cipher
}

fn cipher(c: &mut Criterion) {
    let mut group = c.benchmark_group("cipher");
    group.bench_function("set-up of both directions", |b| {
        b.iter(|| Rc4::pair(black_box(KEYS[0]), black_box(KEYS[1])));
    });
    group.bench_function("set-up of both directions, rc4 crate", |b| {
        b.iter(|| black_box(KEYS).map(crates_cipher));
    });
    for size in [17, 1400, 16 * 1024] {
        let mut data = vec![0; size];
        group.throughput(Throughput::Bytes(size as u64));
        let (mut ours, _) = Rc4::pair(KEYS[0], KEYS[1]);
        group.bench_function(format!("in place, {size} bytes"), |b| {
            b.iter(|| ours.apply(black_box(&mut data)));
        });
        let mut writer = Writer::new(usize::MAX);
        group.bench_function(format!("one write, {size} bytes"), |b| {
            b.iter(|| writer.write(black_box(&data)));
        });
        let mut crates = crates_cipher(KEYS[0]);
        group.bench_function(format!("in place, {size} bytes, rc4 crate"), |b| {
            b.iter(|| crates.apply_keystream(black_box(&mut data)));
        });
    }
}

criterion_group!(benches, cipher);
criterion_main!(benches);
