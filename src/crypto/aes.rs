//! AES-128 in counter mode as the draft of it has it (specification, "Draft: AES-128-CTR"), by the crates `aes` and `ctr`.
//! The first four bytes of the counter block come from the key material, the other twelve begin at zero; all sixteen
//! count as one big-endian integer.

#[cfg(test)]
pub(super) mod tests;

use aes::cipher::array::Array;
use aes::{Aes128Enc, Block};
use ctr::cipher::{InOutBuf, KeyIvInit, StreamCipherCore};
use ctr::{CtrCore, flavors};
use zeroize::Zeroize;

/// How much keystream is generated at once for a short message: four blocks take no longer than one.
const BLOCKS: usize = 4;
const SHORT: usize = BLOCKS * size_of::<Block>();

/// One direction of a connection. Wiped on drop: by the crates, and here what was generated and not used.
pub(super) struct AesCtr {
    /// It counts in the last 64 bits, which begin at zero. That is the whole counter for the first 2^68 bytes, and
    /// counting in 128 bits would take a fifth longer.
    core: CtrCore<Aes128Enc, flavors::Ctr64BE>,
    /// Keystream, of which the last `unused` bytes were not used yet.
    short: [Block; BLOCKS],
    unused: usize,
}

impl AesCtr {
    /// A cipher at its first byte. `material` is what RC4 would have for a key.
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
        self.apply_inout(data.into());
    }

    /// Writes `input` XOR the next keystream to `output`; the shorter of the two tells how much.
    pub(super) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        if let Ok(both) = InOutBuf::new(&input[..len], &mut output[..len]) {
            self.apply_inout(both);
        }
    }

    fn apply_inout(&mut self, data: InOutBuf<'_, '_, u8>) {
        let from_short = data.len().min(self.unused);
        let (known, new) = data.split_at(from_short);
        self.use_short(known);
        if new.len() >= SHORT {
            let (blocks, tail) = new.into_chunks();
            self.core.apply_keystream_blocks_inout(blocks);
            self.use_new_short(tail);
        } else {
            self.use_new_short(new);
        }
    }

    /// `data` is shorter than what is generated at once.
    fn use_new_short(&mut self, data: InOutBuf<'_, '_, u8>) {
        if data.is_empty() {
            return;
        }
        self.core.write_keystream_blocks(&mut self.short);
        self.unused = SHORT;
        self.use_short(data);
    }

    fn use_short(&mut self, mut data: InOutBuf<'_, '_, u8>) {
        let start = SHORT - self.unused;
        let used = &mut Array::slice_as_flattened_mut(&mut self.short)[start..start + data.len()];
        data.xor_in2out(used);
        used.zeroize();
        self.unused -= data.len();
    }
}

impl Drop for AesCtr {
    fn drop(&mut self) {
        Array::slice_as_flattened_mut(&mut self.short).zeroize();
    }
}
