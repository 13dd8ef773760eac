//! RC4: runs of several lengths, and the set-up of both directions.

use std::hint::black_box;

use mse_primitives::internals::choose;
use mse_primitives::rc4::Rc4;
use rc4::{KeyInit, StreamCipher};
use zeroize::Zeroize;

use crate::contenders::aligned::Aligned;
use crate::contenders::lagging::Lagging;
use crate::contenders::set_up::set_up;
use crate::openssl::OpenSsl;
use crate::race::Race;
use crate::results::print;

pub const KEYS: [&[u8; 20]; 2] = [b"0123456789abcdefghij", b"jihgfedcba9876543210"];

/// Bytes of a call, and calls of a round.
const RUNS: [(usize, usize); 4] = [(16_384, 40), (1024, 600), (512, 1000), (17, 20_000)];

pub const REFERENCE: &str = "the rc4 crate";
pub const BYTES: &str = "bytes, wherever `next` is (library)";
pub const WORDS: &str = "bytes at rest, widened to words, blocks of 16 (library)";
pub const SET_UP_BYTES: &str = "bytes, 8 unrolled, lag 3 (library)";
pub const SET_UP_WORDS: &str = "words, 16 unrolled, lag 4 (library)";

pub fn crates_cipher(key: &[u8; 20]) -> rc4::Rc4 {
    let mut cipher = rc4::Rc4::new_from_slice(black_box(key)).unwrap();
    cipher.apply_keystream(&mut [0; 1024]);
    cipher
}

type Cipher = Box<dyn FnMut(&mut [u8])>;

pub fn formulations() -> Vec<(&'static str, Cipher)> {
    let (mut bytes, _) = Rc4::pair(KEYS[0], KEYS[1]);
    let (mut words, _) = Rc4::pair(KEYS[0], KEYS[1]);
    let (mut bytes_aligned, mut words_aligned) = (Aligned::<u8>::new(KEYS[0]), Aligned::<u32>::new(KEYS[0]));
    let (mut bytes_lagging, mut words_lagging) = (Lagging::<u8>::new(KEYS[0]), Lagging::<u32>::new(KEYS[0]));
    vec![
        (
            BYTES,
            Box::new(move |data| {
                choose(Some(true));
                bytes.apply(data);
            }),
        ),
        (
            WORDS,
            Box::new(move |data| {
                choose(Some(false));
                words.apply(data);
            }),
        ),
        (
            "bytes, blocks of 16",
            Box::new(move |data| bytes_aligned.apply(data)),
        ),
        (
            "words, blocks of 16",
            Box::new(move |data| words_aligned.apply(data)),
        ),
        (
            "bytes, wherever `next` is, lag 4",
            Box::new(move |data| bytes_lagging.apply(data)),
        ),
        (
            "words, wherever `next` is, lag 4",
            Box::new(move |data| words_lagging.apply(data)),
        ),
    ]
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
        for (name, mut cipher) in formulations() {
            let mut data = vec![0; len];
            race = race.enter(name, move || {
                (0..repeats).for_each(|_| cipher(black_box(&mut data)));
            });
        }
        print(&title(len), &race.run(11, (repeats * len) as f64));
    }
    let repeats = 200;
    let outcome = Race::new()
        .enter(REFERENCE, || {
            (0..repeats).for_each(|_| drop(black_box(KEYS.map(crates_cipher))));
        })
        .enter(SET_UP_BYTES, || {
            choose(Some(true));
            (0..repeats).for_each(|_| drop(black_box(Rc4::pair(black_box(KEYS[0]), black_box(KEYS[1])))));
        })
        .enter(SET_UP_WORDS, || {
            choose(Some(false));
            (0..repeats).for_each(|_| drop(black_box(Rc4::pair(black_box(KEYS[0]), black_box(KEYS[1])))));
        })
        .enter("bytes, 16 unrolled, lag 4", || {
            for _ in 0..repeats {
                // As the library's are on drop.
                let mut ciphers = black_box(set_up::<u8, 2>(black_box(KEYS)));
                ciphers.iter_mut().for_each(|(state, _)| state.zeroize());
            }
        })
        .run(11, f64::from(repeats));
    print(SET_UP, &outcome);
}

pub const SET_UP: &str = "RC4, set-up of both directions";

pub fn title(len: usize) -> String {
    format!("RC4, {len} bytes")
}

pub fn titles() -> Vec<String> {
    RUNS.iter().map(|(len, _)| title(*len)).collect()
}
