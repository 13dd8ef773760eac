//! Nobody takes part whose results are not the crate's.

use crate::cipher::{self, KEYS, crates_cipher};
use crate::openssl::OpenSsl;
use crate::powers;

pub fn all(openssl: Option<&OpenSsl>) {
    ciphers();
    for base in [powers::two(), powers::PEER] {
        let want = powers::crypto_bigint(&base);
        for (name, compute) in powers::formulations(&base) {
            assert_eq!(compute(), want, "{name}");
        }
        if let Some(openssl) = openssl {
            assert_eq!(
                openssl
                    .power(&base, &powers::SECRET, &powers::modulus())
                    .compute(),
                want
            );
        }
    }
}

/// In calls of lengths that meet every path.
fn ciphers() {
    use rc4::StreamCipher;

    for (name, mut cipher) in cipher::formulations() {
        let mut crates = crates_cipher(KEYS[0]);
        for len in [1, 17, 0, 15, 16, 300, 4096, 7, 20_000, 333] {
            let (mut got, mut want) = (vec![0x5A; len], vec![0x5A; len]);
            cipher(&mut got);
            crates.apply_keystream(&mut want);
            assert_eq!(got, want, "{name}, {len}");
        }
    }
}
