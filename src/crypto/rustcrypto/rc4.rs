//! RC4 as the specification uses it, by the crate `rc4`: 20-byte keys, the first 1024 bytes of keystream discarded.

use cipher::StreamCipher;
use rc4::cipher::InOutBuf;
use rc4::{KeyInit, cipher};

/// Bytes of keystream that both ends throw away before the first one they use.
const DISCARD: usize = 1024;

/// One direction of a connection. Wiped on drop, by the crate.
pub(crate) struct Rc4(rc4::Rc4);

impl Rc4 {
    /// A cipher at the first byte that the specification uses.
    fn new(key: &[u8; 20]) -> Self {
        let Ok(mut cipher) = rc4::Rc4::new_from_slice(key) else {
            unreachable!("keys of 1 to 256 bytes are taken");
        };
        cipher.apply_keystream(&mut [0; DISCARD]);
        Self(cipher)
    }

    /// The ciphers of both directions.
    pub(crate) fn pair(a: &[u8; 20], b: &[u8; 20]) -> (Self, Self) {
        (Self::new(a), Self::new(b))
    }

    /// XORs the next keystream into `data`.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    /// Writes `input` XOR the next keystream to `output`; the shorter of the two tells how much.
    pub(crate) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        if let Ok(both) = InOutBuf::new(&input[..len], &mut output[..len]) {
            self.0.apply_keystream_inout(both);
        }
    }
}
