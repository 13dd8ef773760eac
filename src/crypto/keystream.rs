//! One direction's keystream, and the part of it that was generated before it could be used.
//!
//! RC4 is XOR with a keystream that does not depend on the data. A writer that is not sure how much the transport will
//! take encrypts all of it ([`Keystream::seal`]) and then says how much was taken ([`Keystream::settle`]); the
//! keystream of the rest is kept for the next attempt, whatever data that brings. No ciphertext is ever kept.

use std::fmt;
use std::io::IoSlice;

use zeroize::Zeroize;

use super::rc4::Rc4;
use super::window::{self, WINDOW, Window};

/// One direction's keystream, positioned behind everything that was encrypted or decrypted so far.
///
/// RC4 as MSE uses it is *obfuscation*: it authenticates nothing, and a flipped bit on the wire is a flipped bit of
/// plaintext. Wiped on drop; `Debug` prints nothing of it.
pub struct Keystream {
    cipher: Rc4,
    /// Keystream that was generated and not used yet.
    ahead: Option<Box<Window>>,
}

impl Keystream {
    /// The keystreams of both directions, their first 1024 bytes discarded.
    pub(crate) fn pair(key_a: &[u8; 20], key_b: &[u8; 20]) -> (Self, Self) {
        let (a, b) = Rc4::pair(key_a, key_b);
        let unread = |cipher| Self { cipher, ahead: None };
        (unread(a), unread(b))
    }

    /// Encrypts or decrypts `data` in place and moves behind it.
    pub fn apply(&mut self, data: &mut [u8]) {
        let Some(ahead) = &mut self.ahead else {
            return self.cipher.apply(data);
        };
        let (from_ahead, rest) = data.split_at_mut(data.len().min(ahead.unused.len()));
        let start = ahead.unused.start;
        let used = &mut ahead.block[start..start + from_ahead.len()];
        xor(from_ahead, used);
        used.zeroize();
        ahead.consume(from_ahead.len());
        if ahead.unused.is_empty() {
            self.release();
        }
        self.cipher.apply(rest);
    }

    /// Encrypts the concatenation of `plain`, up to [`WINDOW`] bytes of it, without moving. Must be followed by
    /// [`settle`](Self::settle) with the same `plain`.
    pub(crate) fn seal(&mut self, plain: &[IoSlice<'_>]) -> &[u8] {
        let ahead = self.ahead.get_or_insert_with(window::take);
        ahead.make_room();
        let start = ahead.unused.start;
        let mut at = start;
        for slice in plain {
            // The first part of a slice may meet keystream that is there already, the rest meets new keystream.
            let (known, new) = slice.split_at(slice.len().min(ahead.unused.end - at));
            xor(&mut ahead.block[at..], known);
            at += known.len();
            let new = &new[..new.len().min(WINDOW - at)];
            self.cipher.apply_to(new, &mut ahead.block[at..at + new.len()]);
            at += new.len();
            ahead.unused.end = ahead.unused.end.max(at);
        }
        &ahead.block[start..at]
    }

    /// Moves behind the first `accepted` bytes of what was sealed, and turns the ciphertext of the rest back into
    /// keystream.
    pub(crate) fn settle(&mut self, plain: &[IoSlice<'_>], accepted: usize) {
        let Some(ahead) = &mut self.ahead else { return };
        let mut at = ahead.unused.start;
        ahead.consume(accepted);
        if ahead.unused.is_empty() {
            return self.release();
        }
        for slice in plain {
            let end = (at + slice.len()).min(WINDOW);
            let kept_from = at.max(ahead.unused.start).min(end);
            xor(&mut ahead.block[kept_from..end], &slice[kept_from - at..]);
            at = end;
        }
    }

    fn release(&mut self) {
        if let Some(ahead) = self.ahead.take() {
            window::give_back(ahead);
        }
    }
}

impl Window {
    fn consume(&mut self, len: usize) {
        self.unused.start = self.unused.end.min(self.unused.start + len);
    }

    /// Moves unused keystream to the front, so that a whole window fits behind its beginning.
    fn make_room(&mut self) {
        if self.unused.start == 0 {
            return;
        }
        let moved = 0..self.unused.len();
        self.block.copy_within(self.unused.clone(), 0);
        self.block[moved.end..self.unused.end].zeroize();
        self.unused = moved;
    }
}

impl Drop for Keystream {
    fn drop(&mut self) {
        if let Some(mut ahead) = self.ahead.take() {
            let unused = ahead.unused.clone();
            ahead.block[unused].zeroize();
            window::give_back(ahead);
        }
    }
}

impl fmt::Debug for Keystream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keystream(..)")
    }
}

/// XORs `mask` into the beginning of `data`, as far as both reach.
fn xor(data: &mut [u8], mask: &[u8]) {
    for (byte, mask) in data.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rc4::{KeyInit, StreamCipher};

    use super::*;
    use crate::crypto::test_cases;

    const KEYS: [[u8; 20]; 2] = [[1; 20], [2; 20]];

    fn oracle() -> rc4::Rc4 {
        let mut cipher = rc4::Rc4::new_from_slice(&KEYS[0]).unwrap();
        cipher.apply_keystream(&mut [0; 1024]);
        cipher
    }

    #[derive(Clone, Debug)]
    enum Call {
        Apply(usize),
        /// Slices of these lengths, and how much of every thousand bytes is accepted.
        Write(Vec<usize>, usize),
    }

    fn calls() -> impl Strategy<Value = Vec<Call>> {
        let len = prop_oneof![4 => 0..40usize, 1 => 0..20_000usize];
        let accepted = prop_oneof![Just(0), Just(1000), 0..1000usize];
        prop::collection::vec(
            prop_oneof![
                1 => len.clone().prop_map(Call::Apply),
                3 => (prop::collection::vec(len, 1..4), accepted).prop_map(|(lens, part)| Call::Write(lens, part)),
            ],
            1..12,
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(test_cases(500)))]

        #[test]
        fn whatever_is_accepted_of_each_write_the_keystream_has_no_gap(calls in calls()) {
            let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
            let mut crates = oracle();
            for (n, call) in (0..).zip(calls) {
                match call {
                    Call::Apply(len) => {
                        let (mut got, mut want) = (vec![n; len], vec![n; len]);
                        ours.apply(&mut got);
                        crates.apply_keystream(&mut want);
                        prop_assert_eq!(got, want);
                    }
                    Call::Write(lens, part) => {
                        let plain: Vec<Vec<u8>> = lens.iter().map(|len| vec![n; *len]).collect();
                        let slices: Vec<_> = plain.iter().map(|slice| IoSlice::new(slice)).collect();
                        let mut want = plain.concat();
                        want.truncate(WINDOW);
                        let accepted = want.len() * part / 1000;
                        let sealed = ours.seal(&slices);
                        prop_assert_eq!(sealed.len(), want.len());
                        // The crate cannot go back, so only what is accepted is compared; the rest is next time.
                        crates.apply_keystream(&mut want[..accepted]);
                        prop_assert_eq!(&sealed[..accepted], &want[..accepted]);
                        ours.settle(&slices, accepted);
                    }
                }
                prop_assert!(ours.ahead.as_ref().is_none_or(|ahead| !ahead.unused.is_empty()));
            }
        }
    }

    #[test]
    fn what_was_not_accepted_stays_encrypted_the_same_way() {
        let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
        let mut want = vec![0; 2 * WINDOW];
        oracle().apply_keystream(&mut want);
        let zeros = vec![0; 2 * WINDOW];
        let slices = [IoSlice::new(&zeros)];
        for accepted in [0, 1, WINDOW - 1] {
            assert_eq!(ours.seal(&slices), &want[..WINDOW]);
            ours.settle(&slices, accepted);
            want.drain(..accepted);
        }
    }

    #[test]
    fn settling_without_a_write_does_nothing() {
        let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
        ours.settle(&[IoSlice::new(&[0; 10])], 5);
        let (mut got, mut want) = ([0; 20], [0; 20]);
        ours.apply(&mut got);
        oracle().apply_keystream(&mut want);
        assert_eq!(got, want);
    }

    #[test]
    fn s4_debug_shows_nothing_of_it() {
        let (ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
        assert_eq!(format!("{ours:?}"), "Keystream(..)");
    }
}
