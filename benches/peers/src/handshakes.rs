//! Whole handshakes: without IO against the least that one needs, and over loopback against others.

use std::hint::black_box;

use rand::{Rng, RngExt};
use rc4::{KeyInit, StreamCipher};
use sha1::{Digest, Sha1};
use tokio::runtime::Runtime;
use tokio_mse::{CryptoMethod, Policy, Skey};

use crate::mse;
use crate::powers::{CryptoBigint, two};
use crate::report::{Goal, Report};
use crate::tcp::Loopback;
use crate::tls::Tls;
use mse_measure::both_ends::both_ends;
use mse_measure::race::{Outcome, Race};

/// Handshakes per second and core, of one side, by name.
pub type Rates = Vec<(String, f64)>;

pub fn measure(report: &mut Report, runtime: &Runtime, rounds: usize) -> Rates {
    let outcome = without_io(rounds);
    report.faster(
        "handshake without IO, one side",
        "put together simply from crypto-bigint, rc4 and sha1",
        outcome.ratio("simple", "ours"),
        Some(Goal {
            zen_3: 2.5,
            zen_5: 2.35,
        }),
    );
    report.sustains(
        "handshakes without IO, one side",
        &format!("{:.0} per second", 1e9 / outcome.median("ours")),
    );
    let outcome = over_loopback(runtime, rounds);
    for (other, goal) in [
        ("tokio-rustls, ring", Some(Goal::of(1.9))),
        ("tokio-rustls, aws-lc-rs", None),
        ("mtorrent", None),
    ] {
        let ratio = outcome.ratio(other, "tokio-mse");
        report.faster("handshake over loopback, connecting included", other, ratio, goal);
    }
    let rates: Rates = outcome
        .names()
        .map(|name| (name.to_owned(), 1e9 / outcome.median(name)))
        .collect();
    for (name, rate) in &rates {
        let what = format!("handshakes over loopback, one side: {name}");
        report.sustains(&what, &format!("{rate:.0} per second"));
    }
    rates
}

fn without_io(rounds: usize) -> Outcome {
    let (skey, policy) = (Skey::from(mse::INFO_HASH), Policy::full_rc4());
    let crypto_bigint = CryptoBigint::new();
    let peer = crypto_bigint.power(&two(), &[0x5A; 20]);
    let repeats = 20;
    Race::new()
        .enter("ours", || (0..repeats).for_each(|_| both_ends(&skey, &policy)))
        // Two times one side.
        .enter("simple", || {
            for _ in 0..2 * repeats {
                simple(&crypto_bigint, black_box(&peer));
            }
        })
        .run(rounds, f64::from(2 * repeats))
}

/// What one side has to do, and no more: a key, pads, two powers, five hashes, two ciphers, a search, a message.
fn simple(crypto_bigint: &CryptoBigint, peer: &[u8; 96]) {
    let mut rng = rand::rng();
    let mut secret = [0; 20];
    rng.fill_bytes(&mut secret);
    let mut flight = crypto_bigint.power(&two(), &secret).to_vec();
    let key_len = flight.len();
    flight.resize(key_len + rng.random_range(0..=512), 0);
    rng.fill_bytes(&mut flight[key_len..]);
    let shared = crypto_bigint.power(peer, &secret);
    let hash = |name: &[u8], tail: &[u8]| -> [u8; 20] {
        Sha1::new()
            .chain_update(name)
            .chain_update(shared)
            .chain_update(tail)
            .finalize()
            .into()
    };
    let (req1, req3) = (hash(b"req1", b""), hash(b"req3", b""));
    let req2 = Sha1::new()
        .chain_update(b"req2")
        .chain_update(mse::INFO_HASH)
        .finalize();
    let [mut encrypt, mut decrypt] = [b"keyA", b"keyB"].map(|name| {
        let mut cipher = rc4::Rc4::new_from_slice(&hash(name, &mse::INFO_HASH)).unwrap();
        cipher.apply_keystream(&mut [0; 1024]);
        cipher
    });
    let found = flight.windows(20).position(|window| window == req1);
    let mut message = req1.to_vec();
    message.extend(req2.iter().zip(req3).map(|(a, b)| a ^ b));
    let mut fields = vec![0; 14 + rng.random_range(0..=255)];
    encrypt.apply_keystream(&mut fields);
    message.extend(&fields);
    decrypt.apply_keystream(&mut fields);
    black_box((found, flight, message, fields, encrypt, decrypt));
}

/// Per side: both ends run on the one thread.
fn over_loopback(runtime: &Runtime, rounds: usize) -> Outcome {
    let loopback = runtime.block_on(Loopback::new());
    let (ring, aws_lc_rs) = (Tls::ring(), Tls::aws_lc_rs());
    let repeats = 20;
    Race::new()
        .enter("tokio-mse", || {
            runtime.block_on(async {
                for _ in 0..repeats {
                    black_box(mse::ours(CryptoMethod::Rc4, loopback.pair().await).await);
                }
            });
        })
        .enter("mtorrent", || {
            runtime.block_on(async {
                for _ in 0..repeats {
                    let (mut a, mut b) = loopback.pair().await;
                    black_box(mse::mtorrent(&mut a, &mut b).await);
                }
            });
        })
        .enter("tokio-rustls, ring", || {
            runtime.block_on(async {
                for _ in 0..repeats {
                    black_box(ring.shake(loopback.pair().await).await);
                }
            });
        })
        .enter("tokio-rustls, aws-lc-rs", || {
            runtime.block_on(async {
                for _ in 0..repeats {
                    black_box(aws_lc_rs.shake(loopback.pair().await).await);
                }
            });
        })
        .enter("connecting alone", || {
            runtime.block_on(async {
                for _ in 0..repeats {
                    black_box(loopback.pair().await);
                }
            });
        })
        .run(rounds, f64::from(2 * repeats))
}
