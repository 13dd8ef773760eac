//! For the race and the constant-time check of the repository: runs either formulation on any processor.

use core::sync::atomic::{AtomicU8, Ordering};

const DETECTED: u8 = 2;

static PREFERRED: AtomicU8 = AtomicU8::new(DETECTED);

/// From now on, in the whole process: bytes and columns, words and rows, or (`None`) what suits the processor.
pub fn prefer_bytes_and_columns(preferred: Option<bool>) {
    PREFERRED.store(preferred.map_or(DETECTED, u8::from), Ordering::Relaxed);
}

/// Which formulation runs now.
pub fn prefers_bytes_and_columns() -> bool {
    crate::processor::prefers_bytes_and_columns()
}

pub(crate) fn preferred() -> Option<bool> {
    match PREFERRED.load(Ordering::Relaxed) {
        DETECTED => None,
        preferred => Some(preferred == 1),
    }
}
