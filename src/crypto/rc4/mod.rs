//! RC4 as the specification uses it: 20-byte keys, the first 1024 bytes of keystream discarded.
//!
//! Bulk transfer spends nearly all its time here, and which formulation is the fastest differs from one kind of processor
//! to the next. The state rests as bytes, 258 of them; [`words`] widens it for a long run, [`bytes`] does not.
//!
//! Like every RC4, this one looks tables up by secret bytes and makes no claim of constant time.

#![allow(
    clippy::cast_possible_truncation,
    reason = "RC4 counts modulo 256: every cast to a byte means its low byte"
)]
#![allow(
    clippy::inline_always,
    reason = "a step is half a nanosecond: a call around it would double that"
)]

mod bytes;
#[cfg(test)]
mod tests;
mod words;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::processor::prefers_bytes_and_columns;

/// Bytes of keystream that both ends throw away before the first one they use.
const DISCARD: usize = 1024;

/// One direction of a connection.
pub(crate) struct Rc4 {
    state: [u8; 256],
    /// The index that the next step swaps, already stepped.
    next: u8,
    j: u8,
}

impl Rc4 {
    /// A cipher at the first byte that the specification uses.
    #[cfg(test)]
    pub(crate) fn new(key: &[u8; 20]) -> Self {
        let [cipher] = set_up([key]);
        cipher
    }

    /// The ciphers of both directions, in little more than the time of one.
    pub(crate) fn pair(a: &[u8; 20], b: &[u8; 20]) -> (Self, Self) {
        let [a, b] = set_up([a, b]);
        (a, b)
    }

    /// XORs the next keystream into `data`.
    pub(crate) fn apply(&mut self, data: &mut [u8]) {
        if is_worth_widening(data.len()) {
            words::apply(self, data);
        } else {
            bytes::apply(self, data);
        }
    }

    /// Writes `input` XOR the next keystream to `output`; the shorter of the two tells how much.
    pub(crate) fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        let len = input.len().min(output.len());
        if is_worth_widening(len) {
            let output = &mut output[..len];
            output.copy_from_slice(&input[..len]);
            words::apply(self, output);
        } else {
            bytes::apply_to(self, input, output);
        }
    }
}

/// The processor is asked last: what it says is of no interest to a message of a few bytes.
#[inline(always)]
fn is_worth_widening(len: usize) -> bool {
    len >= words::WORTH_IT && !prefers_bytes_and_columns()
}

fn set_up<const LANES: usize, const LEN: usize>(keys: [&[u8; LEN]; LANES]) -> [Rc4; LANES] {
    if prefers_bytes_and_columns() {
        bytes::set_up(keys, DISCARD)
    } else {
        words::set_up(keys, DISCARD)
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
