//! Keystream that was generated before it could be used, in a block of its size.

use std::ops::Range;

use zeroize::Zeroize;

use super::window;

/// Keystream that was generated and not used yet.
pub(super) struct Ahead {
    /// Of no length if there is no such keystream.
    pub(super) block: Box<[u8]>,
    /// Where in the block it begins and ends. In 16 bits, as every connection pays for them.
    start: u16,
    end: u16,
}

impl Ahead {
    pub(super) fn none() -> Self {
        Self {
            block: Box::default(),
            start: 0,
            end: 0,
        }
    }

    /// A copy of `keystream`, a window of it at most.
    pub(super) fn of(keystream: &[u8]) -> Self {
        let mut ahead = Self::none();
        ahead.block = window::take(keystream.len());
        ahead.block[..keystream.len()].copy_from_slice(keystream);
        ahead.set_unused(0, keystream.len());
        ahead
    }

    pub(super) fn unused(&self) -> Range<usize> {
        self.start.into()..self.end.into()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a block is shorter than 64 KiB")]
    fn set_unused(&mut self, start: usize, end: usize) {
        (self.start, self.end) = (start as u16, end as u16);
    }

    pub(super) fn generated_until(&mut self, at: usize) {
        let unused = self.unused();
        self.set_unused(unused.start, unused.end.max(at));
    }

    /// Uses up the keystream of `data`, of which there must be as much.
    pub(super) fn apply(&mut self, data: &mut [u8]) {
        if data.is_empty() {
            return;
        }
        let start = self.unused().start;
        let used = &mut self.block[start..start + data.len()];
        xor(data, used);
        used.zeroize();
        self.consume(data.len());
    }

    /// Leaves out the next `len` bytes; they must hold no keystream any more. What is left gets a block of its size.
    pub(super) fn consume(&mut self, len: usize) {
        let Range { start, end } = self.unused();
        self.set_unused(end.min(start + len), end);
        let left = self.unused();
        if left.is_empty() {
            window::give_back(std::mem::take(&mut self.block));
            self.set_unused(0, 0);
        } else if window::block_len(left.len()) < self.block.len() {
            self.move_to(window::take(left.len()));
        }
    }

    /// Where `len` bytes of ciphertext can lie, from the first unused byte on.
    pub(super) fn make_room(&mut self, len: usize) -> Range<usize> {
        let unused = self.unused();
        if unused.start + len > self.block.len() {
            if len > self.block.len() {
                self.move_to(window::take(len));
            } else {
                self.block.copy_within(unused.clone(), 0);
                self.block[unused.len().max(unused.start)..unused.end].zeroize();
                self.set_unused(0, unused.len());
            }
        }
        let start = self.unused().start;
        start..start + len
    }

    fn move_to(&mut self, block: Box<[u8]>) {
        let unused = self.unused();
        let mut old = std::mem::replace(&mut self.block, block);
        // Most writes begin here. Wiping nothing would still take longer than encrypting a short message.
        if unused.is_empty() {
            return window::give_back(old);
        }
        self.block[..unused.len()].copy_from_slice(&old[unused.clone()]);
        self.set_unused(0, unused.len());
        old[unused].zeroize();
        window::give_back(old);
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if !self.block.is_empty() {
            let unused = self.unused();
            self.block[unused].zeroize();
            window::give_back(std::mem::take(&mut self.block));
        }
    }
}

/// XORs `mask` into the beginning of `data`, as far as both reach.
pub(super) fn xor(data: &mut [u8], mask: &[u8]) {
    for (byte, mask) in data.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}
