//! What is sent and has to come back: a BitTorrent handshake, then random bytes, of any length in constant memory.

use bytes::Bytes;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

use crate::cli::handshake;

const BLOCK: usize = 64 * 1024;

pub(crate) struct Payload {
    handshake: [u8; handshake::LEN],
    seed: [u8; 32],
    random: u64,
}

impl Payload {
    pub(crate) fn new(handshake: [u8; handshake::LEN], random: u64) -> Self {
        Self {
            handshake,
            seed: rand::rng().random(),
            random,
        }
    }

    /// What the peer gets first.
    pub(crate) fn handshake(&self) -> Bytes {
        Bytes::copy_from_slice(&self.handshake)
    }

    /// How many bytes it is, handshake included.
    pub(crate) const fn len(&self) -> u64 {
        self.handshake.len() as u64 + self.random
    }

    /// What follows the handshake, the same every time.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
        let mut generator = ChaCha8Rng::from_seed(self.seed);
        let mut left = self.random;
        std::iter::from_fn(move || {
            let len = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            if len == 0 {
                return None;
            }
            left -= len as u64;
            // Whole blocks, because a generator's bytes depend on how they are asked for.
            let mut block = vec![0; BLOCK];
            generator.fill_bytes(&mut block);
            block.truncate(len);
            Some(block)
        })
    }
}
