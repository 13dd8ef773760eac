//! One direction's keystream, and the part of it that was generated before it could be used.
//!
//! Encrypting is XOR with a keystream that does not depend on the data. A writer that is not sure how much the transport
//! will take encrypts what it may be expected to take ([`Keystream::seal`]) and then says how much was taken
//! ([`Keystream::settle`]); the keystream of the rest is kept for the next attempt, whatever data that brings. No ciphertext
//! is ever kept.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::IoSlice;

#[cfg(feature = "unstable-aes")]
use super::aes::AesCtr;
use super::ahead::{Ahead, xor};
use super::cipher::Cipher;
use super::rc4::Rc4;
use super::window::Reach;

/// One direction's keystream, positioned behind everything that was encrypted or decrypted so far.
///
/// Encryption as MSE uses it is *obfuscation*: it authenticates nothing, and a flipped bit on the wire is a flipped bit of
/// plaintext, whatever the cipher. Wiped on drop; `Debug` prints nothing of it.
pub struct Keystream {
    cipher: Cipher,
    reach: Reach,
    ahead: Ahead,
}

impl Keystream {
    /// RC4's keystreams of both directions, their first 1024 bytes discarded.
    pub(crate) fn pair(key_a: &[u8; 20], key_b: &[u8; 20]) -> (Self, Self) {
        let (a, b) = Rc4::pair(key_a, key_b);
        (Self::unread(Cipher::Rc4(a)), Self::unread(Cipher::Rc4(b)))
    }

    /// AES-128-CTR from its first byte. `material` is what [`pair`](Self::pair) has for a key.
    #[cfg(feature = "unstable-aes")]
    pub(crate) fn aes(material: &[u8; 20]) -> Self {
        Self::unread(Cipher::Aes(AesCtr::new(material)))
    }

    fn unread(cipher: Cipher) -> Self {
        Self {
            cipher,
            reach: Reach::new(),
            ahead: Ahead::none(),
        }
    }

    /// Encrypts or decrypts `data` in place and moves behind it.
    pub fn apply(&mut self, data: &mut [u8]) {
        let (from_ahead, rest) = data.split_at_mut(data.len().min(self.ahead.unused().len()));
        self.ahead.apply(from_ahead);
        self.cipher.apply(rest);
    }

    /// Encrypts the beginning of the concatenation of `plain`, without moving. Must be followed by
    /// [`settle`](Self::settle) with the same `plain`.
    ///
    /// How much is encrypted follows what the transport took of earlier writes, a window at most: all of it, as long as
    /// everything was taken.
    pub(crate) fn seal(&mut self, plain: &[IoSlice<'_>]) -> &[u8] {
        let sealed = self.ahead.make_room(self.reach_into(plain));
        let mut at = sealed.start;
        for slice in plain {
            let slice = &slice[..slice.len().min(sealed.end - at)];
            // The first part of a slice may meet keystream that is there already, the rest meets new keystream.
            let (known, new) = slice.split_at(slice.len().min(self.ahead.unused().end - at));
            xor(&mut self.ahead.block[at..], known);
            at += known.len();
            self.cipher
                .apply_to(new, &mut self.ahead.block[at..at + new.len()]);
            at += new.len();
            self.ahead.generated_until(at);
        }
        &self.ahead.block[sealed]
    }

    /// Moves behind the first `accepted` bytes of what was sealed, and turns the ciphertext of the rest back into
    /// keystream.
    pub(crate) fn settle(&mut self, plain: &[IoSlice<'_>], accepted: usize) {
        if self.ahead.block.is_empty() {
            return;
        }
        let offered = self.reach_into(plain);
        let accepted = accepted.min(offered);
        let start = self.ahead.unused().start;
        let (mut at, kept_from, end) = (start, start + accepted, start + offered);
        for slice in plain {
            let next = (at + slice.len()).min(end);
            let kept_from = kept_from.clamp(at, next);
            xor(&mut self.ahead.block[kept_from..next], &slice[kept_from - at..]);
            at = next;
        }
        self.reach.learn(offered, accepted);
        self.ahead.consume(accepted);
    }

    /// How much of `plain` a write encrypts.
    fn reach_into(&self, plain: &[IoSlice<'_>]) -> usize {
        let reach = self.reach.get();
        plain.iter().fold(0, |len, slice| reach.min(len + slice.len()))
    }
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keystream(..)")
    }
}
