//! RC4: runs of several lengths, and the set-up of both directions.

use std::hint::black_box;

use mse_measure::race::Race;
use mse_primitives::internals::choose;
use mse_primitives::rc4::Rc4;
use rc4::{KeyInit, StreamCipher};

use crate::openssl::OpenSsl;
use crate::results::print;

pub const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];

/// Bytes of a call, and calls of a round.
const RUNS: [(usize, usize); 4] = [(16_384, 40), (1024, 600), (512, 1000), (17, 20_000)];

pub const REFERENCE: &str = "the rc4 crate";
pub const BYTES: &str = "bytes";
pub const WORDS: &str = "bytes at rest, widened to words for a run, blocks of 16";

pub fn crates_cipher(key: &[u8; 20]) -> rc4::Rc4 {
    let mut cipher = rc4::Rc4::new_from_slice(black_box(key)).unwrap();
    cipher.apply_keystream(&mut [0; 1024]);
    cipher
}

/// One cipher that runs in each formulation.
pub fn formulations() -> [(&'static str, bool, Rc4); 2] {
    [(BYTES, true), (WORDS, false)].map(|(name, bytes)| {
        choose(Some(bytes));
        (name, bytes, Rc4::new(KEYS[0]))
    })
}

pub fn launch(openssl: Option<&OpenSsl>) {
    for (len, repeats) in RUNS {
        let mut race = Race::new();
        let mut crates = crates_cipher(KEYS[0]);
        let mut data = vec![0; len];
        race = race.enter(REFERENCE, move || {
            (0..repeats).for_each(|_| crates.apply_keystream(black_box(&mut data)));
        });
        if let Some(openssl) = openssl {
            let (mut cipher, mut data) = (openssl.rc4(KEYS[0]), vec![0; len]);
            race = race.enter("OpenSSL", move || {
                (0..repeats).for_each(|_| cipher.apply(black_box(&mut data)));
            });
        }
        for (name, bytes, mut cipher) in formulations() {
            let mut data = vec![0; len];
            race = race.enter(name, move || {
                choose(Some(bytes));
                (0..repeats).for_each(|_| cipher.apply(black_box(&mut data)));
            });
        }
        print(&title(len), &race.run(11, (repeats * len) as f64));
    }
    let repeats = 200;
    let mut race = Race::new().enter(REFERENCE, || {
        (0..repeats).for_each(|_| drop(black_box(KEYS.map(crates_cipher))));
    });
    for (name, bytes) in [(BYTES, true), (WORDS, false)] {
        race = race.enter(name, move || {
            choose(Some(bytes));
            (0..repeats).for_each(|_| drop(black_box(Rc4::pair(black_box(KEYS[0]), black_box(KEYS[1])))));
        });
    }
    let outcome = race.run(11, f64::from(repeats));
    print(SET_UP, &outcome);
}

pub const SET_UP: &str = "RC4, set-up of both directions";

pub fn title(len: usize) -> String {
    format!("RC4, {len} bytes")
}

pub fn titles() -> Vec<String> {
    RUNS.iter().map(|(len, _)| title(*len)).collect()
}
