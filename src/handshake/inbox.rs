//! Bytes of the peer that a machine cannot use yet.

use zeroize::Zeroize;

/// Capacity grows in steps of this many bytes. So single bytes cost at most one step more memory than the same bytes in one
/// piece.
const STEP: usize = 512;

/// A queue of bytes, taken from the front.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
}

impl Inbox {
    pub(super) fn push(&mut self, input: &[u8]) {
        let free = self.bytes.capacity() - self.bytes.len();
        if free < input.len() {
            self.reserve(input.len());
        }
        self.bytes.extend_from_slice(input);
    }

    /// Moves the unread bytes to a new buffer with space for `more` bytes. `Vec::reserve` would double the capacity, and would
    /// not wipe the old buffer.
    fn reserve(&mut self, more: usize) {
        let unread = self.unread();
        let mut bytes = Vec::with_capacity((unread.len() + more).next_multiple_of(STEP));
        bytes.extend_from_slice(unread);
        std::mem::replace(&mut self.bytes, bytes).zeroize();
        self.taken = 0;
    }

    /// The bytes that have not been taken.
    pub(super) fn unread(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    /// The next `len` bytes, once all of them have arrived.
    pub(super) fn take(&mut self, len: usize) -> Option<&mut [u8]> {
        let range = self.taken..self.taken.checked_add(len)?;
        let taken = self.bytes.get_mut(range.clone())?;
        self.taken = range.end;
        Some(taken)
    }

    pub(super) fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Takes all unread bytes, without copying them to new memory.
    pub(super) fn take_all(&mut self) -> Vec<u8> {
        if self.unread().is_empty() {
            // An empty buffer would stay allocated until the stream is read.
            return Vec::new();
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let taken = ..std::mem::take(&mut self.taken);
        if let Some(taken) = bytes.get_mut(taken) {
            taken.zeroize();
        }
        bytes.drain(taken);
        bytes
    }

    /// Looks for `mark` after at most `max_before` bytes of padding.
    pub(super) fn find(&self, mark: &[u8], max_before: usize) -> Search {
        let unread = self.unread();
        let window = max_before + mark.len();
        let searched = unread.get(..window).unwrap_or(unread);
        match searched.windows(mark.len()).position(|found| found == mark) {
            Some(at) => Search::Found(at),
            None if searched.len() == window => Search::Absent,
            None => Search::Undecided,
        }
    }

    /// Whether `mark` has begun to arrive after at most `max_before` bytes of padding, and is not complete.
    pub(super) fn is_arriving(&self, mark: &[u8], max_before: usize) -> bool {
        let unread = self.unread();
        (unread.len().saturating_sub(mark.len())..=max_before)
            .filter_map(|at| unread.get(at..))
            .any(|begun| !begun.is_empty() && mark.starts_with(begun))
    }
}

impl From<Vec<u8>> for Inbox {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, taken: 0 }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // PadC and PadD were decrypted in place here.
        self.bytes.zeroize();
    }
}

/// The result of a search for a mark.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// It begins after this many bytes.
    Found(usize),
    /// It may still arrive.
    Undecided,
    /// It is not within the first `max_before` bytes.
    Absent,
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use rand::rngs::ChaCha20Rng;
    use rand::{Rng, RngExt, SeedableRng};

    use super::*;

    /// The capacity for so many bytes.
    fn capacity(len: usize) -> usize {
        len.next_multiple_of(STEP)
    }

    #[test]
    fn h8_an_inbox_is_a_queue_and_reserves_little_more_than_it_ever_held() {
        for seed in 0..300 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let (mut inbox, mut model, mut most) = (Inbox::default(), VecDeque::new(), 0);
            for _ in 0..rng.random_range(0..30) {
                let mut input = vec![0; rng.random_range(0..1500)];
                rng.fill_bytes(&mut input);
                inbox.push(&input);
                model.extend(input);
                assert!(inbox.unread().iter().eq(&model), "seed {seed}");
                most = most.max(model.len());
                assert!(inbox.bytes.capacity() <= capacity(most), "seed {seed}");

                let len = rng.random_range(0..1500);
                let expected = (len <= model.len()).then(|| model.drain(..len).collect::<Vec<_>>());
                let taken = inbox.take(len).map(|taken| taken.to_vec());
                assert_eq!(taken, expected, "seed {seed}");
                assert!(inbox.unread().iter().eq(&model), "seed {seed}");
            }
            assert!(inbox.take_all().into_iter().eq(model), "seed {seed}");
            assert!(inbox.unread().is_empty());
        }
    }

    #[test]
    fn bytes_within_the_capacity_are_appended_and_the_others_are_not_moved() {
        for (kept, taken) in [(60, 0), (60, 10), (0, 0)] {
            let mut bytes = Vec::with_capacity(100);
            bytes.resize(kept, 1);
            let mut inbox = Inbox::from(bytes);
            let (capacity, memory) = (inbox.bytes.capacity(), inbox.bytes.as_ptr());
            inbox.take(taken);
            inbox.push(&vec![2; capacity - kept]);
            assert_eq!((inbox.bytes.capacity(), inbox.bytes.as_ptr()), (capacity, memory));
            assert_eq!(inbox.unread().len(), capacity - taken);
        }
    }
}
