//! Which formulation of the arithmetic this processor is asked to run.

/// Whether the cipher takes bytes and the products take columns, as was found best on AMD's Zen 5 (family 26), and not
/// words and rows.
///
/// Zen 3 and Zen 4 (family 25) load what they do not know to be stored to yet in another way, and pay dearly for stores of
/// bytes: words and rows are faster there, or as fast. Nothing else was raced (`benches/race`), so everything else takes
/// words and rows, which ask nothing of the hardware.
///
/// The flag is the only one by which the standard library can tell Zen 5 from the two. Some of Intel's have it too. The
/// answer is kept: asking again costs half a nanosecond.
pub(super) fn prefers_bytes_and_columns() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        std::arch::is_x86_feature_detected!("avx512vp2intersect")
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    {
        false
    }
}
