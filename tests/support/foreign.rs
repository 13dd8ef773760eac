//! An independent implementation of MSE, written from the specification alone, that shares no arithmetic and no cipher
//! with the library: the oracle. It can also send wrong fields.

use sha1::{Digest, Sha1};

/// P, in words of 32 bits, most significant first.
const P: [u32; WORDS] = [
    0xFFFF_FFFF,
    0xFFFF_FFFF,
    0xC90F_DAA2,
    0x2168_C234,
    0xC4C6_628B,
    0x80DC_1CD1,
    0x2902_4E08,
    0x8A67_CC74,
    0x020B_BEA6,
    0x3B13_9B22,
    0x514A_0879,
    0x8E34_04DD,
    0xEF95_19B3,
    0xCD3A_431B,
    0x302B_0A6D,
    0xF25F_1437,
    0x4FE1_356D,
    0x6D51_C245,
    0xE485_B576,
    0x625E_7EC6,
    0xF44C_42E9,
    0xA63A_3621,
    0x0000_0000,
    0x0009_0563,
];
const WORDS: usize = 24;

/// A number below P.
type Number = [u32; WORDS];

fn number(bytes: &[u8]) -> Number {
    let mut padded = [0; 4 * WORDS];
    padded[4 * WORDS - bytes.len()..].copy_from_slice(bytes);
    std::array::from_fn(|n| u32::from_be_bytes(padded[4 * n..][..4].try_into().unwrap()))
}

/// a + b mod P, of two numbers below P.
fn sum(a: &Number, b: &Number) -> Number {
    let (mut sum, mut carry) = ([0; WORDS], 0);
    for n in (0..WORDS).rev() {
        carry += u64::from(a[n]) + u64::from(b[n]);
        sum[n] = carry as u32;
        carry >>= 32;
    }
    if carry == 0 && sum < P {
        sum
    } else {
        difference(&sum, &P)
    }
}

/// a - b, modulo 2^768.
fn difference(a: &Number, b: &Number) -> Number {
    let (mut difference, mut borrow) = ([0; WORDS], 0);
    for n in (0..WORDS).rev() {
        borrow += i64::from(a[n]) - i64::from(b[n]);
        difference[n] = borrow as u32;
        borrow >>= 32;
    }
    difference
}

/// a * b mod P, by doubling and adding.
fn product(a: &Number, b: &Number) -> Number {
    let mut product = [0; WORDS];
    for word in b {
        for bit in (0..32).rev() {
            product = sum(&product, &product);
            if word >> bit & 1 == 1 {
                product = sum(&product, a);
            }
        }
    }
    product
}

fn pow(base: &[u8], exponent: &[u8]) -> [u8; 96] {
    let base = match number(base) {
        base if base < P => base,
        base => difference(&base, &P),
    };
    let mut power = number(&[1]);
    for byte in exponent {
        for bit in (0..8).rev() {
            power = product(&power, &power);
            if byte >> bit & 1 == 1 {
                power = product(&power, &base);
            }
        }
    }
    let bytes: Vec<u8> = power.iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.try_into().unwrap()
}

/// RC4, as in every textbook.
pub struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub fn new(key: &[u8]) -> Self {
        let mut state = std::array::from_fn(|n| n as u8);
        let mut j = 0_u8;
        for i in 0..256 {
            j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
            state.swap(i, j.into());
        }
        Self { state, i: 0, j: 0 }
    }

    pub fn apply_keystream(&mut self, data: &mut [u8]) {
        for byte in data {
            self.i = self.i.wrapping_add(1);
            self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
            self.state.swap(self.i.into(), self.j.into());
            let sum = self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
            *byte ^= self.state[usize::from(sum)];
        }
    }
}

pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    Sha1::digest(parts.concat()).into()
}

pub fn public_key(exponent: &[u8]) -> [u8; 96] {
    pow(&[2], exponent)
}

pub fn secret(exponent: &[u8], peer: &[u8]) -> [u8; 96] {
    pow(peer, exponent)
}

/// One direction's cipher: RC4 after the discarded 1024 bytes, or AES-128-CTR from its first byte.
pub enum Cipher {
    Rc4(Rc4),
    #[cfg(feature = "unstable-aes")]
    #[allow(dead_code, reason = "not every test that includes this selects AES")]
    Aes(ctr::Ctr128BE<aes::Aes128>),
}

impl Cipher {
    pub fn new(label: &[u8], secret: &[u8], skey: &[u8]) -> Self {
        let mut cipher = Rc4::new(&sha1(&[label, secret, skey]));
        cipher.apply_keystream(&mut [0; 1024]);
        Self::Rc4(cipher)
    }

    #[cfg(feature = "unstable-aes")]
    #[allow(dead_code, reason = "not every test that includes this selects AES")]
    pub fn aes(label: &[u8], secret: &[u8], skey: &[u8]) -> Self {
        let material = sha1(&[label, secret, skey]);
        let mut counter = [0; 16];
        counter[..4].copy_from_slice(&material[16..]);
        Self::Aes(ctr::cipher::KeyIvInit::new_from_slices(&material[..16], &counter).unwrap())
    }

    pub fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        match self {
            Self::Rc4(cipher) => cipher.apply_keystream(&mut data),
            #[cfg(feature = "unstable-aes")]
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
    #[cfg(feature = "unstable-aes")]
    #[allow(dead_code, reason = "not every test that includes this selects AES")]
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

/// The third message. Every field can be wrong.
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

/// The fourth message up to PadD.
pub fn step_4(shared: &mut Shared, vc: [u8; 8], select: u32, pad_d: &[u8], pad_d_len: u16) -> Vec<u8> {
    let mut plain = vc.to_vec();
    plain.extend(select.to_be_bytes());
    plain.extend(pad_d_len.to_be_bytes());
    plain.extend(pad_d);
    shared.b.apply(&plain)
}
