//! RC4 as the specification uses it: a 20-byte key, the first 1024 bytes of keystream discarded.

use rc4::{KeyInit, StreamCipher};

const DISCARDED: usize = 1024;

/// One direction's cipher state. Wiped on drop.
pub(crate) struct Rc4(rc4::Rc4);

impl Rc4 {
    pub(crate) fn new(key: &[u8; 20]) -> Self {
        let mut cipher = Self::undiscarded(key);
        cipher.apply(&mut [0; DISCARDED]);
        cipher
    }

    #[expect(
        clippy::expect_used,
        reason = "RC4 takes keys of 1 to 256 bytes, and this one has 20"
    )]
    fn undiscarded(key: &[u8; 20]) -> Self {
        Self(rc4::Rc4::new_from_slice(key).expect("a key of 20 bytes"))
    }

    /// Both directions' ciphers.
    pub(crate) fn pair(key_a: &[u8; 20], key_b: &[u8; 20]) -> (Self, Self) {
        (Self::new(key_a), Self::new(key_b))
    }

    /// XORs the next keystream bytes into `data`.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    /// Writes `input` xor the next keystream bytes to `output`, as far as the shorter of the two reaches.
    pub(crate) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        let (input, output) = (&input[..len], &mut output[..len]);
        output.copy_from_slice(input);
        self.apply(output);
    }
}
