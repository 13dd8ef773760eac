//! The seam for ciphers: whatever gives a keystream that does not depend on the data.

#[cfg(feature = "unstable-aes")]
use super::aes::AesCtr;
use super::rc4::Rc4;

/// One direction's cipher, positioned behind the keystream that was generated so far. Wiped on drop.
///
/// A connection has two of these inline, so that the largest one is what all cost.
pub(super) enum Cipher {
    Rc4(Rc4),
    #[cfg(feature = "unstable-aes")]
    Aes(AesCtr),
}

impl Cipher {
    /// XORs the next keystream into `data`.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        match self {
            Self::Rc4(cipher) => cipher.apply(data),
            #[cfg(feature = "unstable-aes")]
            Self::Aes(cipher) => cipher.apply(data),
        }
    }

    /// Writes `input` XOR the next keystream to `output`; the shorter of the two tells how much.
    pub(super) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        match self {
            Self::Rc4(cipher) => cipher.apply_to(input, output),
            #[cfg(feature = "unstable-aes")]
            Self::Aes(cipher) => cipher.apply_to(input, output),
        }
    }
}
