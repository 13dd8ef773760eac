//! The buffers of the write path. A connection holds a buffer only during a write, or until the transport has accepted all
//! of it. An idle connection holds none. Each thread keeps unused buffers, so that a busy connection does not allocate for
//! every write.

use std::cell::RefCell;

use zeroize::Zeroize;

/// The most that one write encrypts: one BitTorrent block with its message header, so that a `piece` message is one write
/// to the transport. Processor time per byte for writes of 64 KiB over loopback, compared with this limit: 4 KiB +36 %, 8 KiB
/// +10 %, 32 KiB -5 %, 64 KiB -7 %. A larger buffer would fill the L1 cache together with the caller's data.
pub(super) const MAX_LEN: usize = 16 * 1024 + 128;

/// The capacities of buffers.
const CAPACITIES: [usize; 7] = [256, 512, 1024, 2048, 4096, 8192, MAX_LEN];

/// How many unused buffers of each capacity a thread keeps.
const KEPT: usize = 4;

thread_local! {
    static POOL: RefCell<[Vec<Box<[u8]>>; CAPACITIES.len()]> = const { RefCell::new([const { Vec::new() }; CAPACITIES.len()]) };
}

/// The index of the smallest capacity for `len` bytes, at most [`MAX_LEN`].
fn class(len: usize) -> usize {
    // Computed from the number of bits: a search would take as long as the encryption of a short message.
    let bits = (len.saturating_sub(1) | (CAPACITIES[0] - 1)).ilog2();
    ((bits + 1 - CAPACITIES[0].ilog2()) as usize).min(CAPACITIES.len() - 1)
}

/// A buffer from the pool. Its contents are secret up to its length. On drop they are wiped, and the buffer returns to the
/// pool.
pub(super) struct Buffer {
    /// Empty if there is no buffer.
    bytes: Box<[u8]>,
    /// 16 bits, to save memory in each connection.
    len: u16,
}

impl Buffer {
    pub(super) fn none() -> Self {
        Self {
            bytes: Box::default(),
            len: 0,
        }
    }

    /// A buffer of length zero and the smallest capacity for `len` bytes.
    pub(super) fn with_capacity_for(len: usize) -> Self {
        let class = class(len);
        let kept = POOL
            .try_with(|pool| pool.borrow_mut()[class].pop())
            .ok()
            .flatten();
        Self {
            bytes: kept.unwrap_or_else(|| vec![0; CAPACITIES[class]].into_boxed_slice()),
            len: 0,
        }
    }

    /// A buffer with these contents.
    pub(super) fn of(contents: &[u8]) -> Self {
        let mut buffer = Self::with_capacity_for(contents.len());
        buffer.bytes[..contents.len()].copy_from_slice(contents);
        buffer.set_len(contents.len());
        buffer
    }

    pub(super) fn len(&self) -> usize {
        self.len.into()
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    #[expect(clippy::cast_possible_truncation, reason = "a buffer is shorter than 64 KiB")]
    fn set_len(&mut self, len: usize) {
        self.len = len as u16;
    }

    pub(super) fn contents(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len.into()]
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }

    /// Makes the buffer at least `len` bytes long. The new bytes have arbitrary values.
    pub(super) fn grow_to(&mut self, len: usize) {
        if len > self.bytes.len() {
            let mut larger = Self::with_capacity_for(len);
            larger.bytes[..self.len()].copy_from_slice(self.as_slice());
            *self = larger;
        }
        self.set_len(self.len().max(len));
    }

    /// Removes the first `n` bytes and wipes their memory. The rest moves to a smaller buffer if one is enough.
    pub(super) fn remove_front(&mut self, n: usize) {
        let rest = self.len() - n;
        if rest == 0 {
            *self = Self::none();
        } else if CAPACITIES[class(rest)] < self.bytes.len() {
            *self = Self::of(&self.as_slice()[n..]);
        } else {
            let contents = self.contents();
            contents.copy_within(n.., 0);
            contents[rest..].zeroize();
            self.set_len(rest);
        }
    }

    /// Marks the contents as no longer secret, which saves wiping them.
    pub(super) fn forget(&mut self) {
        self.len = 0;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        // The call to wipe nothing would take longer than the encryption of a short message.
        if self.len > 0 {
            self.contents().zeroize();
        }
        let bytes = std::mem::take(&mut self.bytes);
        // While a thread ends it has no pool any more. Then free the buffer.
        let _ = POOL.try_with(|pool| {
            let kept = &mut pool.borrow_mut()[class(bytes.len())];
            if kept.len() < KEPT {
                kept.push(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_at_most_little_more_than_twice_what_was_asked_for() {
        for len in 1..=MAX_LEN {
            let capacity = Buffer::with_capacity_for(len).capacity();
            assert!(
                capacity >= len && (capacity <= 2 * len + 128 || capacity == 256),
                "{len}"
            );
        }
    }

    #[test]
    fn a_buffer_that_was_dropped_is_used_again_and_holds_nothing() {
        for len in [1, 300, 5000, MAX_LEN] {
            let first = Buffer::of(&vec![7; len]);
            let address = first.bytes.as_ptr();
            drop(first);
            let second = Buffer::with_capacity_for(len);
            assert_eq!(second.bytes.as_ptr(), address, "{len}");
            assert!(second.bytes.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_thread_keeps_four_unused_buffers_of_a_capacity_and_frees_the_rest() {
        let buffers: Vec<_> = (0..3 * KEPT).map(|_| Buffer::with_capacity_for(1000)).collect();
        drop(buffers);
        assert_eq!(POOL.with_borrow(|pool| pool[class(1000)].len()), KEPT);
    }

    #[test]
    fn what_is_removed_or_moved_is_wiped() {
        for (len, n) in [(5000, 1), (5000, 4999), (5000, 5000), (300, 20), (100, 60)] {
            let mut buffer = Buffer::of(&vec![7; len]);
            buffer.remove_front(n);
            assert_eq!(buffer.as_slice(), vec![7; len - n]);
            let secrets = buffer.bytes.iter().filter(|byte| **byte != 0).count();
            assert_eq!(secrets, len - n);
            buffer.grow_to(MAX_LEN);
            assert_eq!(buffer.as_slice()[..len - n], vec![7; len - n]);
            drop(buffer);
            for capacity in CAPACITIES {
                let unused = Buffer::with_capacity_for(capacity);
                assert!(unused.bytes.iter().all(|byte| *byte == 0), "{len} {n}");
            }
        }
    }
}
