//! Which formulation of the cipher and of the arithmetic runs on this processor.

/// Whether the cipher keeps its state in bytes and a product is summed by columns, instead of words and rows.
///
/// Bytes and columns are faster on AMD's Zen 5 (family 26). Words and rows are faster, or as fast, on Zen 3 and Zen 4
/// (family 25): those predict loads after unresolved stores in another way, and stores of single bytes are expensive
/// there. No other processor was measured, so all others get words and rows.
///
/// `avx512vp2intersect` tells Zen 5 from Zen 3 and Zen 4; some Intel processors have it too. (Zen 5 is also the first
/// Zen with AVX-VNNI, but the standard library of Rust 1.88 cannot detect that.) The standard library caches the answer;
/// a call takes half a nanosecond. Without the feature `std` nothing can be detected.
pub(crate) fn prefers_bytes_and_columns() -> bool {
    #[cfg(feature = "__internals")]
    if let Some(preferred) = crate::internals::preferred() {
        return preferred;
    }
    detected()
}

#[cfg(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64")))]
fn detected() -> bool {
    std::arch::is_x86_feature_detected!("avx512vp2intersect")
}

#[cfg(not(all(feature = "std", any(target_arch = "x86", target_arch = "x86_64"))))]
const fn detected() -> bool {
    false
}
