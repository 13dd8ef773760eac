//! RC4 as MSE uses it: a key of 20 bytes, and the first 1024 bytes of keystream discarded.
//!
//! There are two formulations, because what is fastest differs between processors. `bytes` works on the state as it is
//! stored, 258 bytes. `words` copies the state to 32-bit words on the stack for a long run, and for the set-up.
//!
//! RC4 looks up a table by secret indices. This module makes no claim of constant time.

mod bytes;
#[cfg(test)]
mod tests;
mod words;

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::processor::prefers_bytes;

/// The length of a key in bytes: a SHA-1 hash.
pub const KEY_LEN: usize = 20;

/// How many bytes of keystream both ends discard before the first one they use.
pub const DISCARD: usize = 1024;

/// The cipher of one direction of a connection. Wiped on drop; `Debug` prints nothing of it.
///
/// ```
/// use mse_primitives::rc4::Rc4;
///
/// let (mut encrypt, _) = Rc4::pair(b"HASH('keyA', S,SKEY)", b"HASH('keyB', S,SKEY)");
/// let mut decrypt = Rc4::new(b"HASH('keyA', S,SKEY)");
/// let mut data = *b"hello";
/// encrypt.apply(&mut data);
/// decrypt.apply(&mut data);
/// assert_eq!(data, *b"hello");
/// ```
pub struct Rc4 {
    state: [u8; 256],
    /// The index that the next step swaps, already incremented.
    next: u8,
    j: u8,
}

impl Rc4 {
    /// Sets up one cipher, [`DISCARD`] bytes into its keystream.
    pub fn new(key: &[u8; KEY_LEN]) -> Self {
        let [cipher] = set_up([key]);
        cipher
    }

    /// Sets up the ciphers of both directions at once, in little more time than [`new`](Self::new) takes for one.
    pub fn pair(a: &[u8; KEY_LEN], b: &[u8; KEY_LEN]) -> (Self, Self) {
        let [a, b] = set_up([a, b]);
        (a, b)
    }

    /// XORs the next keystream into `data`.
    pub fn apply(&mut self, data: &mut [u8]) {
        // The processor is asked last: its answer does not matter for a few bytes.
        if data.len() >= words::WORTH_IT && !prefers_bytes() {
            words::apply(self, data);
        } else {
            bytes::apply(self, data);
        }
    }

    /// Writes `input` XOR the next keystream to `output`, as many bytes as the shorter of the two has.
    pub fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        let output = &mut output[..len];
        output.copy_from_slice(&input[..len]);
        self.apply(output);
    }
}

fn set_up<const LANES: usize, const LEN: usize>(keys: [&[u8; LEN]; LANES]) -> [Rc4; LANES] {
    if prefers_bytes() {
        bytes::set_up(keys, DISCARD)
    } else {
        words::set_up(keys, DISCARD)
    }
}

impl fmt::Debug for Rc4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rc4(..)")
    }
}

impl Drop for Rc4 {
    fn drop(&mut self) {
        self.state.zeroize();
        self.next.zeroize();
        self.j.zeroize();
    }
}

impl ZeroizeOnDrop for Rc4 {}
