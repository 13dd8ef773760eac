//! Totals since the start of the bridge.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(crate) struct Totals {
    connections: AtomicU64,
    failed: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Totals {
    /// Counts a connection.
    pub(crate) fn came(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that could not be forwarded.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes from clients to the target.
    pub(crate) fn sent(&self) -> &AtomicU64 {
        &self.sent
    }

    /// Bytes from the target to clients.
    pub(crate) fn received(&self) -> &AtomicU64 {
        &self.received
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [connections, failed, sent, received] =
            [&self.connections, &self.failed, &self.sent, &self.received]
                .map(|total| total.load(Ordering::Relaxed));
        write!(f, "totals: {connections} connections, {failed} failed; ")?;
        write!(
            f,
            "{} sent to peers, {} received from peers",
            megabytes(sent),
            megabytes(received)
        )
    }
}

/// A megabyte is 10^6 bytes.
#[expect(clippy::cast_precision_loss, reason = "printed with one decimal place")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
