//! The blocks that ciphertext is made in, and that keystream is kept in which a transport did not take yet. They exist only
//! while a write needs one: an idle connection holds none, and a busy one takes turns with others of its thread instead of
//! allocating for every write.

use std::cell::RefCell;

/// The most that one write encrypts: one BitTorrent block with its message header, so that a `piece` message is one inner
/// write. Measured over loopback, processor time per byte of writes of 64 KiB: 4 KiB +36 %, 8 KiB +10 %, 16 KiB 0, 32 KiB
/// -5 %, 64 KiB -7 %. More would fill the L1 cache together with the caller's data, for the sake of writes that a peer
/// seldom makes.
pub(crate) const WINDOW: usize = 16 * 1024 + 128;

/// The lengths of blocks, each twice the one before. The longest is a whole window, and the shortest is long enough for
/// the twofold of the shortest reach ([`Reach`]).
const LENGTHS: [usize; 7] = [256, 512, 1024, 2048, 4096, 8192, WINDOW];

/// How many unused blocks of each length a thread keeps.
const SPARES: usize = 4;

thread_local! {
    static SPARE: RefCell<[Vec<Box<[u8]>>; LENGTHS.len()]> = const { RefCell::new([const { Vec::new() }; LENGTHS.len()]) };
}

/// Which of [`LENGTHS`] is the shortest that has room for `len` bytes, at most [`WINDOW`].
fn class(len: usize) -> usize {
    // By the number of bits, as a search would take as long as encrypting a short message.
    let bits = (len.saturating_sub(1) | (LENGTHS[0] - 1)).ilog2();
    ((bits + 1 - LENGTHS[0].ilog2()) as usize).min(LENGTHS.len() - 1)
}

/// How long a block for `len` bytes, at most [`WINDOW`], is: 256 bytes, or at most twice as long and 128 bytes.
pub(super) fn block_len(len: usize) -> usize {
    LENGTHS[class(len)]
}

/// A block for `len` bytes, at most [`WINDOW`].
pub(super) fn take(len: usize) -> Box<[u8]> {
    let class = class(len);
    let spare = SPARE.try_with(|spare| spare.borrow_mut()[class].pop());
    spare
        .ok()
        .flatten()
        .unwrap_or_else(|| vec![0; LENGTHS[class]].into_boxed_slice())
}

/// Gives a block back. It must hold nothing secret any more.
pub(super) fn give_back(block: Box<[u8]>) {
    if block.is_empty() {
        return;
    }
    // A thread that is ending has no store left: then the block is simply freed.
    let _ = SPARE.try_with(|spare| {
        let spare = &mut spare.borrow_mut()[class(block.len())];
        if spare.len() < SPARES {
            spare.push(block);
        }
    });
}

/// How much the next write encrypts at most: what this transport may be expected to take.
///
/// Whatever a transport does not take has been encrypted in vain and is turned back into keystream. One that takes 64 bytes
/// at a time would have a whole window handled for each of them.
#[derive(Clone, Copy)]
pub(super) struct Reach(u16);

impl Reach {
    const LEAST: usize = 128;

    /// A whole window: of a new transport, nothing but the best is expected.
    pub(super) const fn new() -> Self {
        Self::of(WINDOW)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a window is shorter than 64 KiB")]
    const fn of(len: usize) -> Self {
        Self(len as u16)
    }

    pub(super) fn get(self) -> usize {
        self.0.into()
    }

    /// Learns from a write of `offered` bytes. One that was refused as a whole says nothing: the next one will find the
    /// same room as if it had not been made.
    pub(super) fn learn(&mut self, offered: usize, accepted: usize) {
        let next = match accepted {
            0 => return,
            _ if accepted < offered => 2 * accepted,
            _ => 4 * self.get(),
        };
        *self = Self::of(next.clamp(Self::LEAST, WINDOW));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_room_for_what_was_asked_for_and_little_more_than_twice_as_much_at_most() {
        for len in 1..=WINDOW {
            let block = block_len(len);
            assert!(block >= len && (block <= 2 * len + 128 || block == 256), "{len}");
        }
    }

    #[test]
    fn a_block_that_was_given_back_is_taken_again() {
        for len in [1, 300, 5000, WINDOW] {
            let first = take(len);
            assert_eq!(first.len(), block_len(len));
            let place = first.as_ptr();
            give_back(first);
            let second = take(len);
            assert_eq!(second.as_ptr(), place, "{len}");
        }
    }

    #[test]
    fn a_thread_keeps_four_unused_blocks_of_a_length_and_frees_the_rest() {
        let blocks: Vec<_> = (0..3 * SPARES).map(|_| take(1000)).collect();
        blocks.into_iter().for_each(give_back);
        assert_eq!(SPARE.with_borrow(|spare| spare[class(1000)].len()), SPARES);
    }

    #[test]
    fn the_reach_is_a_window_at_first_and_stays_one_as_long_as_everything_is_taken() {
        let mut reach = Reach::new();
        for accepted in [WINDOW, 1, 17, 0, WINDOW] {
            reach.learn(accepted, accepted);
            assert_eq!(reach.get(), WINDOW);
        }
    }

    #[test]
    fn the_reach_follows_what_is_taken_down_at_once_and_up_fourfold() {
        let mut reach = Reach::new();
        for (offered, accepted, next) in [
            (WINDOW, 5000, 10_000),
            (10_000, 0, 10_000),
            (10_000, 1, 128),
            (128, 127, 254),
            (10, 10, 1016),
            (1016, 1016, 4064),
            (4064, 4063, 8126),
            (8126, 8126, WINDOW),
            (WINDOW, WINDOW - 1, WINDOW),
        ] {
            reach.learn(offered, accepted);
            assert_eq!(reach.get(), next, "{accepted} of {offered}");
        }
    }
}
