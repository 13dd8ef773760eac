//! RC4 as the specification uses it, with the crate `rc4`: keys of 20 bytes, the first 1024 bytes of keystream discarded.

#![allow(unreachable_pub, reason = "only `internals` makes it reachable")]

use rc4::{KeyInit, StreamCipher};

const DISCARD: usize = 1024;

/// The cipher of one direction. The crate wipes it on drop.
pub struct Rc4(rc4::Rc4);

impl Rc4 {
    fn new(key: &[u8; 20]) -> Self {
        let Ok(mut cipher) = rc4::Rc4::new_from_slice(key) else {
            unreachable!("keys of 1 to 256 bytes are accepted");
        };
        cipher.apply_keystream(&mut [0; DISCARD]);
        Self(cipher)
    }

    /// The ciphers of both directions.
    pub fn pair(a: &[u8; 20], b: &[u8; 20]) -> (Self, Self) {
        (Self::new(a), Self::new(b))
    }

    /// XORs the next keystream into `data`.
    ///
    /// Not inlined: the loop of the crate takes 5 % longer inside a function that needs registers itself.
    #[inline(never)]
    pub fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    /// Writes `input` XOR the next keystream to the beginning of `output`.
    #[inline(never)]
    pub(crate) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        self.0.apply_keystream_b2b(input, &mut output[..input.len()]);
    }
}
