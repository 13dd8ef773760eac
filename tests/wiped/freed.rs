//! An allocator that keeps a copy of every block that is freed, for a search for bytes that should not be left there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// How much can be collected.
const CAPACITY: usize = 4 * 1024 * 1024;

/// Keeps what is in different blocks apart: longer than any secret.
const SEPARATOR: usize = 300;

thread_local! {
    static COLLECTED: Cell<Option<&'static mut Vec<u8>>> = const { Cell::new(None) };
}

/// The content of the blocks that this thread freed during some work.
pub(crate) struct Freed(Vec<u8>);

impl Freed {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(CAPACITY))
    }

    /// Adds the blocks that this thread frees during `work`.
    pub(crate) fn collect<V>(&mut self, work: impl FnOnce() -> V) -> V {
        // Only the vector's own three words are leaked.
        let blocks = Box::leak(Box::new(std::mem::take(&mut self.0)));
        COLLECTED.set(Some(blocks));
        let value = work();
        self.0 = std::mem::take(COLLECTED.take().expect("nothing else takes it"));
        value
    }

    /// All of it. Between two blocks there are zeros.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `secret` is in one of the blocks.
    pub(crate) fn contains(&self, secret: &[u8]) -> bool {
        self.0.windows(secret.len()).any(|window| window == secret)
    }
}

/// Whether a block that this thread frees during `work` contains `secret`.
pub(crate) fn leaves_behind(secret: &[u8], work: impl FnOnce()) -> bool {
    let mut freed = Freed::new();
    freed.collect(work);
    freed.contains(secret)
}

/// The system's allocator, with the collection.
pub(crate) struct Collecting;

/// # Safety
///
/// `block` is a block of `len` bytes.
unsafe fn collect(block: *const u8, len: usize) {
    // A thread that is ending collects nothing any more.
    let Some(blocks) = COLLECTED.try_with(Cell::take).ok().flatten() else {
        return;
    };
    // Pushing must not allocate.
    if blocks.len() + len + SEPARATOR > CAPACITY {
        std::process::abort();
    }
    for at in 0..len {
        // SAFETY: within the block; volatile, because the compiler may take its content for dead.
        blocks.push(unsafe { block.add(at).read_volatile() });
    }
    blocks.resize(blocks.len() + SEPARATOR, 0);
    COLLECTED.set(Some(blocks));
}

// SAFETY: every call is passed on to the system's allocator; collecting neither allocates nor panics. `realloc` is the
// default one, which calls these, so that blocks which are moved are seen.
unsafe impl GlobalAlloc for Collecting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that remains of earlier blocks are not found in this one.
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe {
            collect(block, layout.size());
            System.dealloc(block, layout);
        }
    }
}
