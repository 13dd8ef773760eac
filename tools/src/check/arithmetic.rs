//! Diffie-Hellman, SHA-1 and RC4, as the specification has them and as they are known to go wrong.

use num_bigint::BigUint;
use rand::RngExt;
use sha1::{Digest, Sha1};

/// The length of a public key and of S.
pub const LEN: usize = 96;

/// A public key, or S.
pub type Number = [u8; LEN];

/// P of the specification.
pub const P: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3\
                     A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";
/// Oakley group 1, RFC 2409, section 6.1.
const RFC_2409: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3\
                        A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF";
/// The first 96 bytes of Oakley group 2: not even a prime.
const OAKLEY_2: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3\
                        A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED";

/// How keys are computed.
#[derive(Clone, Debug)]
pub struct Group {
    modulus: BigUint,
    multiplies: bool,
}

impl Group {
    fn with(digits: &str) -> Self {
        Self {
            modulus: BigUint::parse_bytes(digits.as_bytes(), 16).unwrap_or_default(),
            multiplies: false,
        }
    }

    /// The group of the specification.
    pub fn of_mse() -> Self {
        Self::with(P)
    }

    /// With the prime of RFC 2409.
    pub fn of_rfc_2409() -> Self {
        Self::with(RFC_2409)
    }

    /// With the beginning of Oakley group 2.
    pub fn of_oakley_2() -> Self {
        Self::with(OAKLEY_2)
    }

    /// With any modulus.
    pub fn of(modulus: BigUint) -> Self {
        Self {
            modulus,
            multiplies: false,
        }
    }

    /// With products instead of powers.
    #[must_use]
    pub fn multiplying(mut self) -> Self {
        self.multiplies = true;
        self
    }

    /// The modulus.
    pub const fn modulus(&self) -> &BigUint {
        &self.modulus
    }

    fn power(&self, base: &BigUint, exponent: &BigUint) -> BigUint {
        if self.multiplies {
            base * exponent % &self.modulus
        } else {
            base.modpow(exponent, &self.modulus)
        }
    }

    /// Y.
    pub fn public_key(&self, exponent: &BigUint) -> Number {
        padded(&self.power(&BigUint::from(2_u8), exponent))
    }

    /// S.
    pub fn secret(&self, exponent: &BigUint, peer: &Number) -> Number {
        padded(&self.power(&BigUint::from_bytes_be(peer), exponent))
    }

    /// S of a key that is 0, 1 or -1 modulo P, without its exponent.
    pub fn degenerate_secret(&self, public: &Number, peer: &Number) -> Number {
        let public = BigUint::from_bytes_be(public) % &self.modulus;
        let minus_one = &self.modulus - 1_u8;
        if public != minus_one {
            return padded(&public);
        }
        // -1 to the other exponent, which is even if the other key is a square.
        let is_square =
            BigUint::from_bytes_be(peer).modpow(&(minus_one.clone() >> 1), &self.modulus) != minus_one;
        padded(&if is_square { BigUint::from(1_u8) } else { minus_one })
    }

    /// An exponent for a handshake about which nothing is special: neither Y nor S begins with a zero byte, nor Y with 0x13.
    pub fn ordinary(&self, peer: &Number) -> BigUint {
        let ordinary = |key: &Number, secret: &Number| ![0, 0x13].contains(&key[0]) && secret[0] != 0;
        let found = (!self.multiplies)
            .then(|| self.find(peer, 64, ordinary))
            .flatten();
        found.unwrap_or_else(random_exponent)
    }

    /// Looks for an exponent with which `wanted` is true of Y, and of S with `peer`.
    ///
    /// The next candidate costs two multiplications. It fails once in e^-`most`/256, if one key in 256 is wanted.
    pub fn find(
        &self,
        peer: &Number,
        most: usize,
        wanted: impl Fn(&Number, &Number) -> bool,
    ) -> Option<BigUint> {
        let (mut exponent, one) = (random_exponent(), BigUint::from(1_u8));
        let (base, peer) = (BigUint::from(2_u8), BigUint::from_bytes_be(peer));
        let (mut key, mut secret) = (self.power(&base, &exponent), self.power(&peer, &exponent));
        for _ in 0..most {
            if wanted(&padded(&key), &padded(&secret)) {
                return Some(exponent);
            }
            exponent += &one;
            key = key * &base % &self.modulus;
            secret = secret * &peer % &self.modulus;
        }
        None
    }
}

/// A number in 96 bytes. One that is longer loses its first bytes.
pub fn padded(number: &BigUint) -> Number {
    let mut padded = [0; LEN];
    for (to, from) in padded.iter_mut().rev().zip(number.to_bytes_le()) {
        *to = from;
    }
    padded
}

/// A private exponent of 160 bits, not small.
pub fn random_exponent() -> BigUint {
    let mut bytes: [u8; 20] = rand::rng().random();
    bytes[0] |= 0x40;
    BigUint::from_bytes_be(&bytes)
}

/// SHA-1 over the concatenation.
pub fn hash(parts: &[&[u8]]) -> [u8; 20] {
    Sha1::digest(parts.concat()).into()
}

/// What is done to leading zeros of S.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeros {
    /// All 96 bytes are hashed.
    Kept,
    /// They are left out.
    Stripped,
    /// HASH('req1', S) and HASH('req3', S) leave them out. keyA and keyB are computed from S moved to the left by them, with
    /// this byte after its end. (So does rTorrent.)
    MovedInKeys(u8),
    /// HASH('req3', S) alone has them at the end of S (as in libtorrent before PR 8434, which leaves uninitialised bytes there).
    MovedInMask,
}

/// How the hashes and keystreams are derived from S.
#[derive(Clone, Debug)]
pub struct Hand {
    /// The group.
    pub group: Group,
    /// What is done to leading zeros of S.
    pub zeros: Zeros,
    /// Whether the first 1024 bytes of each keystream are discarded.
    pub discards: bool,
    /// Whether keyA and keyB are exchanged.
    pub exchanged: bool,
}

impl Default for Hand {
    /// As the specification has it.
    fn default() -> Self {
        Self {
            group: Group::of_mse(),
            zeros: Zeros::Kept,
            discards: true,
            exchanged: false,
        }
    }
}

/// What both ends know after the exchange of keys.
#[derive(Clone)]
pub struct Keys {
    /// HASH('req1', S).
    pub req1: [u8; 20],
    /// HASH('req2', SKEY) xor HASH('req3', S).
    pub masked: [u8; 20],
    /// The keystream from A to B.
    pub a: Rc4,
    /// The keystream from B to A.
    pub b: Rc4,
}

impl Hand {
    /// Derives everything from S and SKEY.
    pub fn keys(&self, secret: &Number, skey: &[u8; 20]) -> Keys {
        let zeros = secret.iter().take_while(|byte| **byte == 0).count();
        let (mut moved, stripped) = (*secret, &secret[zeros..]);
        moved.rotate_left(zeros);
        if let Zeros::MovedInKeys(last) = self.zeros {
            moved[LEN - zeros..].fill(last);
        }
        let (secret, masking, keying) = match self.zeros {
            Zeros::Kept => (&secret[..], &secret[..], &secret[..]),
            Zeros::Stripped => (stripped, stripped, stripped),
            Zeros::MovedInKeys(_) => (stripped, stripped, &moved[..]),
            Zeros::MovedInMask => (&secret[..], &moved[..], &secret[..]),
        };
        let (req2, req3) = (hash(&[b"req2", skey]), hash(&[b"req3", masking]));
        let mut masked = req2;
        masked.iter_mut().zip(req3).for_each(|(byte, mask)| *byte ^= mask);
        let cipher = |label: &[u8]| Rc4::new(&hash(&[label, keying, skey]), self.discards);
        let (a, b) = (cipher(b"keyA"), cipher(b"keyB"));
        let (a, b) = if self.exchanged { (b, a) } else { (a, b) };
        Keys {
            req1: hash(&[b"req1", secret]),
            masked,
            a,
            b,
        }
    }

    /// The same, for an end whose byte after S is not known: with the byte that decrypts VC, if there is one.
    pub fn keys_for(&self, secret: &Number, skey: &[u8; 20], vc: &[u8]) -> Keys {
        let with = |last| Self {
            zeros: Zeros::MovedInKeys(last),
            ..self.clone()
        };
        let mut candidates = (0..=u8::MAX).map(|last| with(last).keys(secret, skey));
        let found = candidates.find(|keys| keys.a.clone().apply(vc).iter().all(|byte| *byte == 0));
        found.unwrap_or_else(|| self.keys(secret, skey))
    }
}

/// RC4.
#[derive(Clone)]
pub struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    /// With the first 1024 bytes discarded, or not.
    pub fn new(key: &[u8; 20], discards: bool) -> Self {
        let (mut state, mut j) = ([0; 256], 0_u8);
        (0..=255)
            .zip(&mut state)
            .for_each(|(value, place)| *place = value);
        for (i, byte) in (0..256).zip(key.iter().cycle()) {
            j = j.wrapping_add(state[i]).wrapping_add(*byte);
            state.swap(i, j.into());
        }
        let mut rc4 = Self { state, i: 0, j: 0 };
        if discards {
            rc4.skip(1024);
        }
        rc4
    }

    /// Encrypts or decrypts.
    pub fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let step = |byte: &u8| {
            self.i = self.i.wrapping_add(1);
            self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
            self.state.swap(self.i.into(), self.j.into());
            let sum = self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
            byte ^ self.state[usize::from(sum)]
        };
        data.iter().map(step).collect()
    }

    /// The next bytes of the keystream.
    pub fn keystream(&mut self, len: usize) -> Vec<u8> {
        self.apply(&vec![0; len])
    }

    /// Moves on.
    pub fn skip(&mut self, len: usize) {
        self.keystream(len);
    }
}
