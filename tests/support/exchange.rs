//! One key exchange whose secrets are known answers, and the ciphers that follow from it: derived here with nothing of
//! the library, so that a mistake in it is not made twice.

use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::{Digest, Sha1};
use tokio_mse::Skey;
use tokio_mse::handshake::{Padding, PrivateKey, Randomness};

/// Xa, the initiator's private exponent.
pub(crate) const XA: [u8; 20] = counting_from(0x01);

/// Xb, the responder's private exponent.
pub(crate) const XB: [u8; 20] = counting_from(0x15);

/// `S = 2^(Xa*Xb) mod P`.
pub(crate) const S: &str = "994aac6c359990cf4f678a1742b587eb1a5248ec7fcc0d0bcfcb12d2461bc1fe25417b70869697d9ca884832f1c5f2a2\
fd3318c22a5a6ba170d36aac91405457c1e8137b1534a776865ed353f12422ff6afc58435f8bd443f61dd051a37bcdeb";

pub(crate) const SKEY: [u8; 20] =
    *b"\x98\x02\x27\x46\xfd\xb7\x50\x2d\x49\xb4\x87\x59\x00\x9e\x61\xac\x97\x82\x07\x56";

const fn counting_from(first: u8) -> [u8; 20] {
    let mut bytes = [first; 20];
    let mut at = 1;
    while at < bytes.len() {
        bytes[at] = bytes[at - 1] + 1;
        at += 1;
    }
    bytes
}

pub(crate) fn skey() -> Skey {
    Skey::from(SKEY)
}

/// What the side with this exponent draws.
pub(crate) fn randomness(exponent: [u8; 20], padding: Padding) -> Randomness {
    Randomness::new(PrivateKey::from_bytes(exponent), padding)
}

pub(crate) fn s() -> Vec<u8> {
    (0..S.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&S[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

pub(crate) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut digest = Sha1::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// HASH('req1', S) and HASH('req2', SKEY) xor HASH('req3', S).
pub(crate) fn step_3_marks(s: &[u8]) -> Vec<u8> {
    let mut marks = sha1(&[b"req1", s]).to_vec();
    let (req2, req3) = (sha1(&[b"req2", &SKEY]), sha1(&[b"req3", s]));
    marks.extend(req2.iter().zip(req3).map(|(a, b)| a ^ b));
    marks
}

/// A direction's ciphers: RC4 behind the discarded bytes, and AES-128-CTR, which begins with the stream.
pub(crate) struct Cipher {
    rc4: Rc4,
    #[cfg(feature = "unstable-aes")]
    aes: ctr::Ctr128BE<aes::Aes128>,
}

impl Cipher {
    fn new(label: &[u8], s: &[u8]) -> Self {
        let key = sha1(&[label, s, &SKEY]);
        let mut cipher = Self {
            rc4: Rc4::new_from_slice(&key).expect("a key of 20 bytes"),
            #[cfg(feature = "unstable-aes")]
            aes: {
                let mut counter = [0; 16];
                counter[..4].copy_from_slice(&key[16..]);
                ctr::cipher::KeyIvInit::new_from_slices(&key[..16], &counter).expect("16 bytes each")
            },
        };
        cipher.apply(&[0; 1024]);
        cipher
    }

    #[cfg(feature = "unstable-aes")]
    pub(crate) fn apply_aes(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        ctr::cipher::StreamCipher::apply_keystream(&mut self.aes, &mut data);
        data
    }

    /// The initiator's.
    pub(crate) fn a(s: &[u8]) -> Self {
        Self::new(b"keyA", s)
    }

    /// The responder's.
    pub(crate) fn b(s: &[u8]) -> Self {
        Self::new(b"keyB", s)
    }

    pub(crate) fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        self.rc4.apply_keystream(&mut data);
        data
    }
}
