//! One key exchange with known secrets, and what the foreign implementation derives from them. It shares no code with
//! the library, so it does not share its mistakes.

use tokio_mse::Skey;
use tokio_mse::handshake::{Padding, PrivateKey, Randomness};

use super::foreign::{self, Shared};

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
    hex::decode(S).expect("hexadecimal digits")
}

/// HASH('req1', S) and HASH('req2', SKEY) xor HASH('req3', S).
pub(crate) fn step_3_marks(s: &[u8]) -> Vec<u8> {
    let shared = Shared::from_secret(s.try_into().expect("96 bytes"), &SKEY);
    [shared.req1().to_vec(), shared.masked_skey()].concat()
}

/// The ciphers of one direction: RC4 after the discarded bytes, and AES-128-CTR, which begins with the stream.
pub(crate) struct Cipher {
    rc4: foreign::Cipher,
    #[cfg(feature = "unstable-aes")]
    aes: foreign::Cipher,
}

impl Cipher {
    fn new(label: &[u8], s: &[u8]) -> Self {
        Self {
            rc4: foreign::Cipher::new(label, s, &SKEY),
            #[cfg(feature = "unstable-aes")]
            aes: foreign::Cipher::aes(label, s, &SKEY),
        }
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
        self.rc4.apply(data)
    }

    #[cfg(feature = "unstable-aes")]
    pub(crate) fn apply_aes(&mut self, data: &[u8]) -> Vec<u8> {
        self.aes.apply(data)
    }
}
