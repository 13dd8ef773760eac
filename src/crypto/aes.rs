//! AES-128 in counter mode (specification, "Draft: AES-128-CTR"), by the crates `aes` and `ctr`. The first four bytes of
//! the counter block come from the key material, the other twelve begin at zero, and all sixteen are one big-endian
//! integer.

#[cfg(test)]
pub(super) mod tests;

use aes::cipher::array::Array;
use aes::{Aes128Enc, Block};
use ctr::cipher::{InOutBuf, KeyIvInit, StreamCipherCore};
use ctr::{CtrCore, flavors};
use zeroize::Zeroize;

/// How many blocks are generated at once for a short message. Four blocks take no longer than one.
const BLOCKS: usize = 4;
const SHORT: usize = BLOCKS * size_of::<Block>();

/// The cipher of one direction. Wiped on drop: its state by the crates, its unused keystream here.
pub(super) struct AesCtr {
    /// Counts in the last 64 bits, which begin at zero. For the first 2^68 bytes this equals a 128-bit counter, which would
    /// take 20 % longer.
    core: CtrCore<Aes128Enc, flavors::Ctr64BE>,
    /// Keystream, of which the last `unused` bytes are not used yet.
    short: [Block; BLOCKS],
    unused: usize,
}

impl AesCtr {
    /// A cipher at its first byte. `material` is the hash that RC4 uses as its key.
    pub(super) fn new(material: &[u8; 20]) -> Self {
        let (key, nonce) = material.split_at(16);
        let (mut key_block, mut counter) = ([0; 16], [0; 16]);
        key_block.copy_from_slice(key);
        counter[..4].copy_from_slice(nonce);
        let core = CtrCore::new(&key_block.into(), &counter.into());
        key_block.zeroize();
        Self {
            core,
            short: [Array([0; 16]); BLOCKS],
            unused: 0,
        }
    }

    /// XORs the next keystream into `data`.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        let (known, new) = data.split_at_mut(data.len().min(self.unused));
        self.use_short(known);
        let mut new = InOutBuf::from(new);
        if new.len() >= SHORT {
            let (blocks, tail) = new.into_chunks();
            self.core.apply_keystream_blocks_inout(blocks);
            new = tail;
        }
        if !new.is_empty() {
            self.core.write_keystream_blocks(&mut self.short);
            self.unused = SHORT;
            self.use_short(new.into_out());
        }
    }

    /// XORs keystream from `short` into `data`, which must not be longer.
    fn use_short(&mut self, data: &mut [u8]) {
        let start = SHORT - self.unused;
        let used = &mut Array::slice_as_flattened_mut(&mut self.short)[start..start + data.len()];
        for (byte, mask) in data.iter_mut().zip(used.iter()) {
            *byte ^= mask;
        }
        used.zeroize();
        self.unused -= data.len();
    }
}

impl Drop for AesCtr {
    fn drop(&mut self) {
        Array::slice_as_flattened_mut(&mut self.short).zeroize();
    }
}
