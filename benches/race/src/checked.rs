//! Only contestants with the right results take part.

use mse_primitives::internals::choose;
use rc4::StreamCipher;

use crate::cipher::{self, KEYS, crates_cipher};
use crate::openssl::OpenSsl;
use crate::powers;

pub fn all(openssl: Option<&OpenSsl>) {
    ciphers();
    for base in [powers::two(), powers::PEER] {
        let want = powers::crypto_bigint(&base);
        for (name, columns) in powers::FORMULATIONS {
            choose(Some(columns));
            assert_eq!(powers::primitives(&base), want, "{name}");
        }
        if let Some(openssl) = openssl {
            let power = openssl.power(&base, &powers::SECRET, &powers::modulus());
            assert_eq!(power.compute(), want);
        }
    }
    // From here on, what suits the processor.
    choose(None);
}

/// In calls of lengths that reach every path.
fn ciphers() {
    for (name, bytes, mut cipher) in cipher::formulations() {
        choose(Some(bytes));
        let mut crates = crates_cipher(KEYS[0]);
        for len in [1, 17, 0, 15, 16, 300, 4096, 7, 20_000, 333] {
            let (mut got, mut want) = (vec![0x5A; len], vec![0x5A; len]);
            cipher.apply(&mut got);
            crates.apply_keystream(&mut want);
            assert_eq!(got, want, "{name}, {len}");
        }
    }
}
