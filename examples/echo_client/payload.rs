//! The bytes that are sent and must come back: a BitTorrent handshake, then random bytes. Needs constant memory for any
//! length.

use bytes::Bytes;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

use crate::cli::HANDSHAKE_LEN;

const BLOCK: usize = 64 * 1024;

pub(crate) struct Payload {
    handshake: [u8; HANDSHAKE_LEN],
    seed: [u8; 32],
    random: u64,
}

impl Payload {
    pub(crate) fn new(handshake: [u8; HANDSHAKE_LEN], random: u64) -> Self {
        Self {
            handshake,
            seed: rand::rng().random(),
            random,
        }
    }

    /// The first 68 bytes, which are the initial payload.
    pub(crate) fn handshake(&self) -> Bytes {
        Bytes::copy_from_slice(&self.handshake)
    }

    /// The number of bytes, handshake included.
    pub(crate) const fn len(&self) -> u64 {
        self.handshake.len() as u64 + self.random
    }

    /// The bytes after the handshake. Every call returns the same bytes.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
        let mut generator = ChaCha8Rng::from_seed(self.seed);
        let mut left = self.random;
        std::iter::from_fn(move || {
            let len = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            if len == 0 {
                return None;
            }
            left -= len as u64;
            // Always a whole block: a generator's output depends on the lengths that are requested.
            let mut block = vec![0; BLOCK];
            generator.fill_bytes(&mut block);
            block.truncate(len);
            Some(block)
        })
    }
}
