//! The scratch blocks that ciphertext is made in. They exist only while a write needs one: an idle connection holds
//! none, and a busy one takes turns with others of its thread instead of allocating for every write.

use std::cell::RefCell;

/// One BitTorrent block with its message header, so that a `piece` message is one inner write. Larger blocks gain
/// nothing: the cipher is the bottleneck, and 16 KiB of keystream and 16 KiB of the caller's data fill the L1 cache.
pub(crate) const WINDOW: usize = 16 * 1024 + 128;

/// How many unused blocks a thread keeps.
const SPARES: usize = 4;

pub(crate) type Window = Box<[u8]>;

thread_local! {
    static SPARE: RefCell<Vec<Window>> = const { RefCell::new(Vec::new()) };
}

/// A block of [`WINDOW`] bytes with any content.
pub(crate) fn take() -> Window {
    SPARE
        .try_with(|spare| spare.borrow_mut().pop())
        .ok()
        .flatten()
        .unwrap_or_else(|| vec![0; WINDOW].into_boxed_slice())
}

/// Gives a block back. It must hold nothing secret any more.
pub(crate) fn give_back(window: Window) {
    // A thread that is ending has no store left: then the block is simply freed.
    let _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < SPARES {
            spare.push(window);
        }
    });
}
