//! Which formulation of the cipher and of the arithmetic runs on this processor.

/// Whether the cipher keeps its state in bytes and a product is summed by columns, instead of words and rows.
///
/// Bytes and columns are faster on AMD's Zen 5 (family 26). Words and rows are faster, or as fast, on Zen 1 (family 23), Zen
/// 3 and Zen 4 (family 25). Zen 3 and Zen 4 predict loads after unresolved stores in another way, and stores of single bytes
/// are expensive there. No other processor was measured, so all others get words and rows.
///
/// `avx512vp2intersect` distinguishes Zen 5 from Zen 3 and Zen 4; some Intel processors have it too. (Zen 5 is also the first
/// Zen with AVX-VNNI, but the standard library of Rust 1.88 cannot detect that.) The standard library caches the answer;
/// a call takes half a nanosecond. Without the feature `std` nothing can be detected.
pub(crate) fn prefers_bytes_and_columns() -> bool {
    #[cfg(feature = "__internals")]
    if let Some(choice) = internals::choice() {
        return choice;
    }
    #[cfg(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64")))]
    {
        std::arch::is_x86_feature_detected!("avx512vp2intersect")
    }
    #[cfg(not(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64"))))]
    {
        false
    }
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

    /// Whether the next operation uses bytes and columns.
    pub fn uses_bytes_and_columns() -> bool {
        super::prefers_bytes_and_columns()
    }

    pub(super) fn choice() -> Option<bool> {
        match CHOICE.load(Relaxed) {
            0 => None,
            choice => Some(choice == 2),
        }
    }
}
