//! Diffie-Hellman over the 768-bit prime of the specification, with generator 2.

use crypto_bigint::modular::ConstMontyParams;
use crypto_bigint::{U192, U768, const_monty_params};
use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const_monty_params!(
    P,
    U768,
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
     EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563"
);

type Residue = crypto_bigint::modular::ConstMontyForm<P, { U768::LIMBS }>;

/// The length of a public key and of S in bytes. Both are padded on the left: an implementation that strips leading
/// zeros fails one handshake in 256 (libtorrent PR 8434, rTorrent PR 894).
pub(crate) const PUBLIC_KEY_LEN: usize = 96;

/// The recommended length of a private exponent. Longer ones cost time and add no security to a 768-bit group.
const EXPONENT_BITS: u32 = 160;

/// A public key that is not in `[2, P-2]`. It would make S known to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DegenerateKey;

/// A private exponent of 160 bits, for one exchange. Wiped on drop, never printed.
pub struct PrivateKey {
    exponent: U192,
}

impl PrivateKey {
    /// The length in bytes.
    pub const LEN: usize = 20;

    /// Draws an exponent.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        rng.fill_bytes(&mut *bytes);
        Self::from_bytes(*bytes)
    }

    /// The exponent with these big-endian bytes: for reproducible transcripts.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut padded = Zeroizing::new([0; U192::BYTES]);
        for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
            *to = *from;
        }
        Self {
            exponent: U192::from_be_slice(&*padded),
        }
    }

    /// `2^x mod P`, in constant time.
    pub(crate) fn public_key(&self) -> [u8; PUBLIC_KEY_LEN] {
        to_bytes(&Residue::new(&U768::from(2u8)).pow_bounded_exp(&self.exponent, EXPONENT_BITS))
    }

    /// `Y^x mod P` in constant time, if Y is in `[2, P-2]`.
    pub(crate) fn shared_secret(self, peer: &[u8; PUBLIC_KEY_LEN]) -> Result<SharedSecret, DegenerateKey> {
        let peer = U768::from_be_slice(peer);
        let largest = P::PARAMS.modulus().as_ref().wrapping_sub(&U768::from(2u8));
        if peer < U768::from(2u8) || peer > largest {
            return Err(DegenerateKey);
        }
        let mut secret = Residue::new(&peer).pow_bounded_exp(&self.exponent, EXPONENT_BITS);
        let bytes = to_bytes(&secret);
        secret.zeroize();
        Ok(SharedSecret(bytes))
    }
}

fn to_bytes(residue: &Residue) -> [u8; PUBLIC_KEY_LEN] {
    let mut value = residue.retrieve();
    let mut bytes = [0; PUBLIC_KEY_LEN];
    bytes.copy_from_slice(value.to_be_bytes().as_ref());
    value.zeroize();
    bytes
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.exponent.zeroize();
    }
}

impl ZeroizeOnDrop for PrivateKey {}

/// S, always 96 bytes. Wiped on drop, never printed.
pub(crate) struct SharedSecret([u8; PUBLIC_KEY_LEN]);

impl SharedSecret {
    pub(crate) const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.0
    }
}

impl Drop for SharedSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for SharedSecret {}
