//! How fast it was.

use std::time::Duration;

/// Megabytes (10^6 bytes) a second.
#[expect(
    clippy::cast_precision_loss,
    reason = "a speed is printed with one decimal place"
)]
pub(crate) fn megabytes_per_second(bytes: u64, within: Duration) -> f64 {
    let seconds = within.as_secs_f64();
    if seconds > 0.0 {
        bytes as f64 / 1e6 / seconds
    } else {
        0.0
    }
}
