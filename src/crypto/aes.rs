//! AES-128 in counter mode as the draft of it has it (specification, "Draft: AES-128-CTR"), by the crates `aes` and `ctr`.
//! The first four bytes of the counter block come from the key material, the other twelve begin at zero; all sixteen
//! count as one big-endian integer.

#[cfg(test)]
pub(super) mod tests;

use aes::Aes128Enc;
use ctr::Ctr128BE;
use ctr::cipher::{InOutBuf, KeyIvInit, StreamCipher};
use zeroize::Zeroize;

/// One direction of a connection. Wiped on drop, by the crates.
pub(super) struct AesCtr(Ctr128BE<Aes128Enc>);

impl AesCtr {
    /// A cipher at its first byte. `material` is what RC4 would have for a key.
    pub(super) fn new(material: &[u8; 20]) -> Self {
        let (key, nonce) = material.split_at(16);
        let (mut key_block, mut counter) = ([0; 16], [0; 16]);
        key_block.copy_from_slice(key);
        counter[..4].copy_from_slice(nonce);
        let cipher = Ctr128BE::new(&key_block.into(), &counter.into());
        key_block.zeroize();
        Self(cipher)
    }

    /// XORs the next keystream into `data`.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    /// Writes `input` XOR the next keystream to `output`; the shorter of the two tells how much.
    pub(super) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        if let Ok(both) = InOutBuf::new(&input[..len], &mut output[..len]) {
            self.0.apply_keystream_inout(both);
        }
    }
}
