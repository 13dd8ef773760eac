//! An allocator that counts the bytes of each thread: those that it holds, and all that it ever asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST_HELD: Cell<isize> = const { Cell::new(0) };
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// Bytes that this thread allocated and did not free. Memory that another thread frees stays in it.
pub(crate) fn held() -> isize {
    HELD.get()
}

/// How many bytes this thread allocates during `work`, whether it frees them or not.
pub(crate) fn allocated<V>(work: impl FnOnce() -> V) -> (usize, V) {
    let before = ALLOCATED.get();
    let value = work();
    (ALLOCATED.get() - before, value)
}

/// The result of some work, and what it did to the heap of this thread.
pub(crate) struct Measured<V> {
    pub(crate) value: V,
    /// How many bytes more are held after it.
    pub(crate) held: isize,
    /// How many bytes more were held during it, at most.
    pub(crate) most_held: isize,
}

pub(crate) fn measure<V>(work: impl FnOnce() -> V) -> Measured<V> {
    let before = HELD.get();
    MOST_HELD.set(before);
    let value = work();
    Measured {
        value,
        held: HELD.get() - before,
        most_held: MOST_HELD.get() - before,
    }
}

/// The system's allocator, counted.
pub(crate) struct Counting;

// A thread that is ending has no counters left.
fn count_allocated(layout: Layout) {
    let _ = ALLOCATED.try_with(|count| count.set(count.get() + layout.size()));
    let _ = HELD.try_with(|held| {
        held.set(held.get() + layout.size().cast_signed());
        let _ = MOST_HELD.try_with(|most| most.set(most.get().max(held.get())));
    });
}

fn count_freed(layout: Layout) {
    let _ = HELD.try_with(|held| held.set(held.get() - layout.size().cast_signed()));
}

// SAFETY: every call is passed on to the system's allocator; counting neither allocates nor panics. `realloc` is the
// default one, which calls these: while the content is moved, both blocks exist.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_allocated(layout);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count_freed(layout);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(block, layout) }
    }
}
