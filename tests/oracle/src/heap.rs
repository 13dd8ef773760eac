//! An allocator that counts what is allocated and not freed yet: by the process, and by each thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

static OF_PROCESS: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static OF_THREAD: Cell<isize> = const { Cell::new(0) };
    static HIGHEST_OF_THREAD: Cell<isize> = const { Cell::new(0) };
}

/// Bytes on the heap of this process.
pub fn of_process() -> isize {
    OF_PROCESS.load(Ordering::Relaxed)
}

/// Bytes that this thread allocated and did not free. Memory that another thread frees stays in it.
pub fn of_thread() -> isize {
    OF_THREAD.get()
}

/// What `run` returns, how much more this thread has on the heap after it, and how much more it had at most meanwhile.
pub fn measure<R>(run: impl FnOnce() -> R) -> (R, isize, isize) {
    let before = of_thread();
    HIGHEST_OF_THREAD.set(before);
    let result = run();
    (result, of_thread() - before, HIGHEST_OF_THREAD.get() - before)
}

pub struct Counting;

fn count(bytes: isize) {
    OF_PROCESS.fetch_add(bytes, Ordering::Relaxed);
    // A thread that is ending has no counter left.
    let _ = OF_THREAD.try_with(|live| {
        live.set(live.get() + bytes);
        let _ = HIGHEST_OF_THREAD.try_with(|highest| highest.set(highest.get().max(live.get())));
    });
}

// SAFETY: every call is passed on to the system's allocator; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            count(layout.size().cast_signed());
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            count(layout.size().cast_signed());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) };
        count(-layout.size().cast_signed());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            // Both blocks may exist while the content is moved.
            count(size.cast_signed());
            count(-layout.size().cast_signed());
        }
        moved
    }
}
