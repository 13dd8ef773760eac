//! One direction's keystream, and the part of it that was generated before it could be used.
//!
//! Encrypting is XOR with a keystream that does not depend on the data. [`Keystream::write`] encrypts what the transport may
//! be expected to take and asks it how much it took; the keystream of the rest is kept for the next attempt, whatever data
//! that brings. No ciphertext is ever kept.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::IoSlice;
use std::ops::Range;

use zeroize::Zeroize;

#[cfg(feature = "unstable-aes")]
use super::aes::AesCtr;
use super::ahead::{Ahead, xor};
use super::cipher::Cipher;
use super::rc4::Rc4;
use super::window::Reach;

/// Up to this length a message is encrypted on the stack: all that a peer says beside `piece`, `bitfield` and extensions.
/// A block from the thread's store would take nearly as long as encrypting it.
const SHORT: usize = 128;

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

    /// Encrypts the beginning of the concatenation of `plain`, gives it to `transport`, and moves behind as many bytes as
    /// that says it took.
    ///
    /// How much is encrypted follows what the transport took of earlier writes, a window at most: all of it, as long as
    /// everything was taken. A keystream whose `transport` panicked is out of step.
    pub(crate) fn write(&mut self, plain: &[IoSlice<'_>], transport: impl FnOnce(&[u8]) -> usize) {
        let offered = self.reach_into(plain);
        let accepted = if offered <= SHORT && self.ahead.unused().is_empty() {
            self.write_short(plain, offered, transport)
        } else {
            self.write_block(plain, offered, transport)
        };
        self.reach.learn(offered, accepted);
    }

    fn write_short(
        &mut self,
        plain: &[IoSlice<'_>],
        offered: usize,
        transport: impl FnOnce(&[u8]) -> usize,
    ) -> usize {
        let mut block = [0; SHORT];
        let sealed = &mut block[..offered];
        for (at, piece) in pieces(plain, 0..offered) {
            sealed[at..at + piece.len()].copy_from_slice(piece);
        }
        self.cipher.apply(sealed);
        let accepted = transport(sealed).min(offered);
        if accepted < offered {
            unseal(plain, accepted, sealed);
            self.ahead = Ahead::of(&sealed[accepted..]);
            block.zeroize();
        }
        accepted
    }

    fn write_block(
        &mut self,
        plain: &[IoSlice<'_>],
        offered: usize,
        transport: impl FnOnce(&[u8]) -> usize,
    ) -> usize {
        let place = self.ahead.make_room(offered);
        let known = self.ahead.unused().len().min(offered);
        let sealed = &mut self.ahead.block[place.clone()];
        seal(plain, known, &mut self.cipher, sealed);
        let accepted = transport(sealed).min(offered);
        unseal(plain, accepted, sealed);
        self.ahead.generated_until(place.end);
        self.ahead.consume(accepted);
        accepted
    }

    /// How much of `plain` a write encrypts.
    fn reach_into(&self, plain: &[IoSlice<'_>]) -> usize {
        let reach = self.reach.get();
        plain.iter().fold(0, |len, slice| reach.min(len + slice.len()))
    }
}

/// Encrypts as much of `plain` as `block` is long. The first `known` bytes of `block` are keystream.
fn seal(plain: &[IoSlice<'_>], known: usize, cipher: &mut Cipher, block: &mut [u8]) {
    for (at, piece) in pieces(plain, 0..known) {
        xor(&mut block[at..], piece);
    }
    for (at, piece) in pieces(plain, known..block.len()) {
        cipher.apply_to(piece, &mut block[at..at + piece.len()]);
    }
}

/// Turns what was encrypted back into keystream, behind the first `accepted` bytes.
fn unseal(plain: &[IoSlice<'_>], accepted: usize, block: &mut [u8]) {
    for (at, piece) in pieces(plain, accepted..block.len()) {
        xor(&mut block[at..], piece);
    }
}

/// What lies within `range` of the concatenation of `slices`, and where.
fn pieces<'a>(slices: &'a [IoSlice<'_>], range: Range<usize>) -> impl Iterator<Item = (usize, &'a [u8])> {
    let mut end = 0_usize;
    slices.iter().filter_map(move |slice| {
        let start = end;
        end = end.saturating_add(slice.len());
        let (from, to) = (range.start.max(start), range.end.min(end));
        (from < to).then(|| (from, &slice[from - start..to - start]))
    })
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keystream(..)")
    }
}
