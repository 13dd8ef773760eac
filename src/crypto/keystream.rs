//! One direction's keystream, and the part of it that was generated before it could be used.
//!
//! Encrypting is XOR with a keystream that does not depend on the data. A writer that is not sure how much the transport
//! will take encrypts what it may be expected to take ([`Keystream::seal`]) and then says how much was taken
//! ([`Keystream::settle`]); the keystream of the rest is kept for the next attempt, whatever data that brings. No ciphertext
//! is ever kept.

use std::fmt;
use std::io::IoSlice;
use std::ops::Range;

use zeroize::Zeroize;

use super::rc4::Rc4;
use super::window::{self, Reach};

/// One direction's keystream, positioned behind everything that was encrypted or decrypted so far.
///
/// RC4 as MSE uses it is *obfuscation*: it authenticates nothing, and a flipped bit on the wire is a flipped bit of
/// plaintext. Wiped on drop; `Debug` prints nothing of it.
pub struct Keystream {
    cipher: Rc4,
    reach: Reach,
    ahead: Ahead,
}

/// Keystream that was generated and not used yet.
struct Ahead {
    /// Of no length if there is no such keystream.
    block: Box<[u8]>,
    /// Where in the block it begins and ends. In 16 bits, as every connection pays for them.
    start: u16,
    end: u16,
}

impl Keystream {
    /// The keystreams of both directions, their first 1024 bytes discarded.
    pub(crate) fn pair(key_a: &[u8; 20], key_b: &[u8; 20]) -> (Self, Self) {
        let (a, b) = Rc4::pair(key_a, key_b);
        (Self::unread(a), Self::unread(b))
    }

    fn unread(cipher: Rc4) -> Self {
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

impl Ahead {
    fn none() -> Self {
        Self {
            block: Box::default(),
            start: 0,
            end: 0,
        }
    }

    fn unused(&self) -> Range<usize> {
        self.start.into()..self.end.into()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a block is shorter than 64 KiB")]
    fn set_unused(&mut self, start: usize, end: usize) {
        (self.start, self.end) = (start as u16, end as u16);
    }

    fn generated_until(&mut self, at: usize) {
        let unused = self.unused();
        self.set_unused(unused.start, unused.end.max(at));
    }

    /// Uses up the keystream of `data`, of which there must be as much.
    fn apply(&mut self, data: &mut [u8]) {
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
    fn consume(&mut self, len: usize) {
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
    fn make_room(&mut self, len: usize) -> Range<usize> {
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
    use crate::crypto::window::WINDOW;

    const KEYS: [[u8; 20]; 2] = [[1; 20], [2; 20]];

    fn oracle() -> rc4::Rc4 {
        let mut cipher = rc4::Rc4::new_from_slice(&KEYS[0]).unwrap();
        cipher.apply_keystream(&mut [0; 1024]);
        cipher
    }

    /// What a stream holds on the heap for so many bytes that its transport did not take.
    fn held_for(unsent: usize) -> usize {
        if unsent == 0 { 0 } else { window::block_len(unsent) }
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
                        want.truncate(ours.reach.get());
                        let accepted = want.len() * part / 1000;
                        let sealed = ours.seal(&slices);
                        prop_assert_eq!(sealed.len(), want.len());
                        // The crate cannot go back, so only what is accepted is compared; the rest is next time.
                        crates.apply_keystream(&mut want[..accepted]);
                        prop_assert_eq!(&sealed[..accepted], &want[..accepted]);
                        ours.settle(&slices, accepted);
                    }
                }
                prop_assert_eq!(ours.ahead.block.len(), held_for(ours.ahead.unused().len()));
            }
        }
    }

    /// One write of zeros; what was encrypted of it.
    fn write(keystream: &mut Keystream, len: usize, accepted: usize) -> Vec<u8> {
        let zeros = vec![0; len];
        let slices = [IoSlice::new(&zeros)];
        let sealed = keystream.seal(&slices).to_vec();
        keystream.settle(&slices, accepted);
        sealed
    }

    #[test]
    fn what_was_not_accepted_stays_encrypted_the_same_way() {
        let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
        let mut want = vec![0; 2 * WINDOW];
        oracle().apply_keystream(&mut want);
        for (accepted, sealed) in [
            (0, WINDOW),
            (0, WINDOW),
            (WINDOW - 1, WINDOW),
            (1, WINDOW),
            (0, 128),
        ] {
            assert_eq!(write(&mut ours, 2 * WINDOW, accepted), want[..sealed]);
            want.drain(..accepted);
        }
    }

    #[test]
    fn what_is_encrypted_in_vain_is_in_proportion_to_what_is_taken() {
        let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
        let (mut in_vain, mut taken) = (0, 0);
        write(&mut ours, WINDOW, 64);
        for accepted in [64, 1000, 64, 200, 4000, 9000].into_iter().cycle().take(600) {
            let sealed = write(&mut ours, 3 * WINDOW, accepted).len();
            let accepted = accepted.min(sealed);
            taken += accepted;
            in_vain += sealed - accepted;
        }
        assert!(in_vain <= 4 * taken, "{in_vain} bytes in vain for {taken}");
        (in_vain, taken) = (0, 0);
        write(&mut ours, WINDOW, 64);
        for _ in 0..600 {
            in_vain += write(&mut ours, WINDOW, 64).len() - 64;
            taken += 64;
        }
        assert_eq!(in_vain, taken);
    }

    #[test]
    fn a_stalled_stream_holds_what_is_unsent_to_the_next_length_of_blocks() {
        for (len, accepted, held) in [
            (1, 0, 256),
            (256, 0, 256),
            (257, 0, 512),
            (5000, 0, 8192),
            (WINDOW, 0, WINDOW),
            (3 * WINDOW, 0, WINDOW),
            (WINDOW, 1, WINDOW),
            (WINDOW, WINDOW - 4096, 4096),
            (WINDOW, WINDOW - 1, 256),
            (WINDOW, WINDOW, 0),
        ] {
            let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
            write(&mut ours, len, accepted);
            assert_eq!(ours.ahead.block.len(), held, "{accepted} of {len}");
        }
    }

    #[test]
    fn no_keystream_stays_in_a_block_that_is_given_back() {
        for (len, accepted) in [(WINDOW, WINDOW - 300), (2000, 1999), (256, 10)] {
            let (mut ours, _) = Keystream::pair(&KEYS[0], &KEYS[1]);
            let mut want = vec![0; WINDOW];
            oracle().apply_keystream(&mut want);
            write(&mut ours, len, accepted);
            let secret = &want[accepted..accepted + 8];
            drop(ours);
            let found = [len, len - accepted].map(|len| {
                let block = window::take(len);
                block.windows(secret.len()).any(|bytes| bytes == secret)
            });
            assert_eq!(found, [false, false], "{accepted} of {len}");
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
