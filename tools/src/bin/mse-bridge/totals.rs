//! What a bridge has done, from its beginning to its end.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(crate) struct Totals {
    connections: AtomicU64,
    failed: AtomicU64,
    there: AtomicU64,
    back: AtomicU64,
}

impl Totals {
    /// A client came.
    pub(crate) fn came(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// A client that came could not be led on.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// How many bytes clients sent.
    pub(crate) fn there(&self) -> &AtomicU64 {
        &self.there
    }

    /// How many bytes clients were sent.
    pub(crate) fn back(&self) -> &AtomicU64 {
        &self.back
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [connections, failed, there, back] = [&self.connections, &self.failed, &self.there, &self.back]
            .map(|total| total.load(Ordering::Relaxed));
        write!(
            f,
            "totals: {connections} connections, {failed} failed; {there} bytes there, {back} bytes back"
        )
    }
}
