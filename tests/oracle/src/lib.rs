//! What the library is compared with: MSE written from the specification alone, over other crates, which can also lie; and
//! an allocator that counts.

#![allow(missing_docs, clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod heap;

use std::cell::RefCell;
use std::rc::Rc;

use num_bigint::BigUint;
use rc4::{KeyInit, StreamCipher};
use sha1::{Digest, Sha1};

const P: &[u8] = b"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    Sha1::digest(parts.concat()).into()
}

/// Whether a public key is outside `[2, P-2]`.
pub fn is_degenerate(key: &[u8]) -> bool {
    let p = BigUint::parse_bytes(P, 16).unwrap();
    let key = BigUint::from_bytes_be(key);
    key < BigUint::from(2u8) || key > p - 2u8
}

fn pow(base: &BigUint, exponent: &[u8]) -> [u8; 96] {
    let p = BigUint::parse_bytes(P, 16).unwrap();
    let bytes = base.modpow(&BigUint::from_bytes_be(exponent), &p).to_bytes_be();
    let mut padded = [0; 96];
    padded[96 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

pub fn public_key(exponent: &[u8]) -> [u8; 96] {
    pow(&BigUint::from(2u8), exponent)
}

pub fn secret(exponent: &[u8], peer: &[u8]) -> [u8; 96] {
    pow(&BigUint::from_bytes_be(peer), exponent)
}

/// One direction's cipher: RC4, 1024 bytes in, or AES-128-CTR from its first byte.
pub enum Cipher {
    Rc4(rc4::Rc4),
    #[cfg(feature = "aes")]
    Aes(ctr::Ctr128BE<aes::Aes128>),
    /// Another cipher's keystream, from this offset on.
    Known(SharedKeystream, usize),
}

/// A keystream that several ciphers use.
pub type SharedKeystream = Rc<RefCell<Known>>;

/// A keystream that is computed once, as far as anybody needs it.
pub struct Known {
    cipher: Cipher,
    keystream: Vec<u8>,
}

impl Known {
    pub fn shared(cipher: Cipher) -> SharedKeystream {
        let keystream = Vec::new();
        Rc::new(RefCell::new(Self { cipher, keystream }))
    }
}

impl Cipher {
    pub fn new(label: &[u8], secret: &[u8], skey: &[u8]) -> Self {
        let mut cipher = rc4::Rc4::new_from_slice(&sha1(&[label, secret, skey])).unwrap();
        cipher.apply_keystream(&mut [0; 1024]);
        Self::Rc4(cipher)
    }

    #[cfg(feature = "aes")]
    pub fn aes(label: &[u8], secret: &[u8], skey: &[u8]) -> Self {
        let material = sha1(&[label, secret, skey]);
        let mut counter = [0; 16];
        counter[..4].copy_from_slice(&material[16..]);
        Self::Aes(ctr::cipher::KeyIvInit::new_from_slices(&material[..16], &counter).unwrap())
    }

    pub fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        match self {
            Self::Known(known, at) => {
                let Known { cipher, keystream } = &mut *known.borrow_mut();
                let end = *at + data.len();
                if let Some(more) = end.checked_sub(keystream.len()) {
                    keystream.extend(cipher.apply(&vec![0; more]));
                }
                let mask = &keystream[*at..end];
                data.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
                *at = end;
            }
            Self::Rc4(cipher) => cipher.apply_keystream(&mut data),
            #[cfg(feature = "aes")]
            Self::Aes(cipher) => ctr::cipher::StreamCipher::apply_keystream(cipher, &mut data),
        }
        data
    }
}

/// What both sides know once the keys are exchanged.
pub struct Shared {
    pub secret: [u8; 96],
    pub skey: Vec<u8>,
    pub a: Cipher,
    pub b: Cipher,
}

impl Shared {
    pub fn new(exponent: &[u8], peer: &[u8], skey: &[u8]) -> Self {
        Self::from_secret(secret(exponent, peer), skey)
    }

    pub fn from_secret(secret: [u8; 96], skey: &[u8]) -> Self {
        Self {
            a: Cipher::new(b"keyA", &secret, skey),
            b: Cipher::new(b"keyB", &secret, skey),
            skey: skey.to_vec(),
            secret,
        }
    }

    /// What follows a handshake that selected AES.
    #[cfg(feature = "aes")]
    pub fn switch_to_aes(&mut self) {
        self.a = Cipher::aes(b"keyA", &self.secret, &self.skey);
        self.b = Cipher::aes(b"keyB", &self.secret, &self.skey);
    }

    pub fn req1(&self) -> [u8; 20] {
        sha1(&[b"req1", &self.secret])
    }

    pub fn masked_skey(&self) -> Vec<u8> {
        let req2 = sha1(&[b"req2", &self.skey]);
        let req3 = sha1(&[b"req3", &self.secret]);
        req2.iter().zip(req3).map(|(a, b)| a ^ b).collect()
    }
}

/// Step 3, every field of it open to lies.
pub struct Offer<'a> {
    pub vc: [u8; 8],
    pub provide: u32,
    pub pad_c: &'a [u8],
    pub pad_c_len: Option<u16>,
    pub ia: &'a [u8],
    pub ia_len: Option<u16>,
}

impl Default for Offer<'_> {
    fn default() -> Self {
        Self {
            vc: [0; 8],
            provide: 2,
            pad_c: &[],
            pad_c_len: None,
            ia: &[],
            ia_len: None,
        }
    }
}

impl Offer<'_> {
    pub fn step_3(&self, shared: &mut Shared) -> Vec<u8> {
        let length = |bytes: &[u8], lie: Option<u16>| lie.unwrap_or(u16::try_from(bytes.len()).unwrap());
        let mut plain = self.vc.to_vec();
        plain.extend(self.provide.to_be_bytes());
        plain.extend(length(self.pad_c, self.pad_c_len).to_be_bytes());
        plain.extend(self.pad_c);
        plain.extend(length(self.ia, self.ia_len).to_be_bytes());
        plain.extend(self.ia);
        let mut wire = shared.req1().to_vec();
        wire.extend(shared.masked_skey());
        wire.extend(shared.a.apply(&plain));
        wire
    }
}

/// Step 4 up to PadD.
pub fn step_4(shared: &mut Shared, vc: [u8; 8], select: u32, pad_d: &[u8], pad_d_len: u16) -> Vec<u8> {
    let mut plain = vc.to_vec();
    plain.extend(select.to_be_bytes());
    plain.extend(pad_d_len.to_be_bytes());
    plain.extend(pad_d);
    shared.b.apply(&plain)
}
