//! An allocator that looks into every block that is freed, for bytes that should not be left there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static SOUGHT: Cell<Option<&'static [u8]>> = const { Cell::new(None) };
    static FOUND: Cell<bool> = const { Cell::new(false) };
}

/// Whether a block that this thread frees during `run` has `secret` in it.
pub fn leaves_behind(secret: &[u8], run: impl FnOnce()) -> bool {
    SOUGHT.set(Some(Box::leak(Box::from(secret))));
    FOUND.set(false);
    run();
    SOUGHT.set(None);
    FOUND.get()
}

pub struct Looking;

/// # Safety
///
/// `block` is a block of this size.
unsafe fn look(block: *const u8, size: usize) {
    // A thread that is ending seeks nothing any more.
    let Ok(Some(sought)) = SOUGHT.try_with(Cell::get) else {
        return;
    };
    let last = size.saturating_sub(sought.len());
    for start in 0..=last {
        // SAFETY: within the block; volatile, as it may have been dead to the compiler.
        let same = |(n, byte): (usize, &u8)| unsafe { block.add(start + n).read_volatile() } == *byte;
        if size >= sought.len() && sought.iter().enumerate().all(same) {
            FOUND.set(true);
        }
    }
}

// SAFETY: every call is passed on to the system's allocator; looking neither allocates nor panics.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed: nobody else's remains are found in it.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe {
            look(block, layout.size());
            System.dealloc(block, layout);
        }
    }
}
