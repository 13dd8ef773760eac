//! A time-out on the command line.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A number of seconds, fractions included. No time at all, less than that, or for ever are no time-outs.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| (SHORTEST..=LONGEST).contains(timeout))
        .ok_or_else(|| "expected seconds, from 0.001 to 86400".to_owned())
}
