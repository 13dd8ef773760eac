//! The seam of tokio-mse's own cipher, filled with the crate.

use rc4::{KeyInit, StreamCipher};

pub(crate) struct Rc4(rc4::Rc4);

impl Rc4 {
    fn new(key: &[u8; 20]) -> Self {
        let mut cipher = rc4::Rc4::new_from_slice(key).expect("a key of 20 bytes");
        cipher.apply_keystream(&mut [0; 1024]);
        Self(cipher)
    }

    pub(crate) fn pair(a: &[u8; 20], b: &[u8; 20]) -> (Self, Self) {
        (Self::new(a), Self::new(b))
    }

    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    pub(crate) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        output[..len].copy_from_slice(&input[..len]);
        self.apply(&mut output[..len]);
    }
}
