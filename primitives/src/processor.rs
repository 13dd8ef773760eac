//! Which formulation of the cipher and of the arithmetic runs on this processor.
//!
//! The fastest ones, as measured:
//!
//! - AMD Zen 1, 3 and 4 (families 23 and 25): words and rows. Zen 3 and Zen 4 predict loads after unresolved stores in
//!   another way, and stores of single bytes are expensive there.
//! - AMD Zen 5 (family 26): bytes and columns.
//! - Intel (family 6, model 207): words and columns.
//!
//! Two features tell these apart: every Zen has `sse4a`, and no Intel processor has it; of the Zen, only Zen 5 has
//! `avx512vp2intersect`. The standard library caches the answer; a call takes half a nanosecond. Processors that are not x86
//! were not measured. They use words and rows, and so does a build without the feature `std`, which can detect nothing.

#[cfg(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64")))]
macro_rules! has {
    ($feature:tt) => {
        std::arch::is_x86_feature_detected!($feature)
    };
}

#[cfg(not(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64"))))]
macro_rules! has {
    ("sse4a") => {
        true
    };
    ($feature:tt) => {
        false
    };
}

/// Whether the cipher keeps its state in bytes instead of words.
pub(crate) fn prefers_bytes() -> bool {
    chosen(has!("avx512vp2intersect") && has!("sse4a"))
}

/// Whether a product is summed by columns instead of rows.
pub(crate) fn prefers_columns() -> bool {
    chosen(has!("avx512vp2intersect") || !has!("sse4a"))
}

/// The preference of the processor, unless the race has made another choice.
fn chosen(preferred: bool) -> bool {
    #[cfg(feature = "__internals")]
    if let Some(choice) = internals::choice() {
        return choice;
    }
    preferred
}

/// For the race between the formulations, and for the check that both are constant in time.
#[cfg(feature = "__internals")]
pub mod internals {
    use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

    static CHOICE: AtomicU8 = AtomicU8::new(0);

    /// Makes the whole process use bytes and columns (true), words and rows (false), or what suits the processor.
    pub fn choose(bytes_and_columns: Option<bool>) {
        CHOICE.store(bytes_and_columns.map_or(0, |bytes| 1 + u8::from(bytes)), Relaxed);
    }

    /// Whether the next operation of the cipher uses bytes.
    pub fn uses_bytes() -> bool {
        super::prefers_bytes()
    }

    /// Whether the next power uses columns.
    pub fn uses_columns() -> bool {
        super::prefers_columns()
    }

    pub(super) fn choice() -> Option<bool> {
        match CHOICE.load(Relaxed) {
            0 => None,
            choice => Some(choice == 2),
        }
    }
}
