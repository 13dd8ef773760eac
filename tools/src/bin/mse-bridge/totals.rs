//! What the bridge has done since it started.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Totals {
    connections: AtomicU64,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// By what both sides speak.
    modes: BTreeMap<String, Arc<Traffic>>,
    /// By the side and the label of the error.
    errors: BTreeMap<(&'static str, &'static str), u64>,
}

/// The traffic in one mode.
#[derive(Default)]
pub(crate) struct Traffic {
    connections: AtomicU64,
    /// Bytes from those who connected to the target.
    pub(crate) sent: AtomicU64,
    /// Bytes from the target.
    pub(crate) received: AtomicU64,
}

impl Totals {
    /// Counts a connection.
    pub(crate) fn came(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that could not be forwarded.
    pub(crate) fn failed(&self, side: &'static str, label: &'static str) {
        *self.counts().errors.entry((side, label)).or_default() += 1;
    }

    /// Counts a connection that is forwarded. `mode` is what both sides speak.
    pub(crate) fn forwarded(&self, mode: String) -> Arc<Traffic> {
        let traffic = Arc::clone(self.counts().modes.entry(mode).or_default());
        traffic.connections.fetch_add(1, Ordering::Relaxed);
        traffic
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line for everything, one for each mode, and one for each kind of error.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { modes, errors } = &*self.counts();
        let sum = |total: fn(&Traffic) -> &AtomicU64| {
            let totals = modes
                .values()
                .map(|traffic| total(traffic).load(Ordering::Relaxed));
            totals.sum::<u64>()
        };
        write!(
            f,
            "totals: {}, {} failed; {} sent to peers, {} received from peers",
            counted(self.connections.load(Ordering::Relaxed)),
            errors.values().sum::<u64>(),
            megabytes(sum(|traffic| &traffic.sent)),
            megabytes(sum(|traffic| &traffic.received)),
        )?;
        for (mode, traffic) in modes {
            let [connections, sent, received] = [&traffic.connections, &traffic.sent, &traffic.received]
                .map(|total| total.load(Ordering::Relaxed));
            let (sent, received) = (megabytes(sent), megabytes(received));
            write!(
                f,
                "\n  {mode}: {}, {sent} sent, {received} received",
                counted(connections)
            )?;
        }
        for ((side, label), count) in errors {
            write!(f, "\n  failed {side}, {label}: {count}")?;
        }
        Ok(())
    }
}

fn counted(connections: u64) -> String {
    match connections {
        1 => "1 connection".to_owned(),
        _ => format!("{connections} connections"),
    }
}

/// A megabyte is 10^6 bytes.
#[expect(clippy::cast_precision_loss, reason = "printed with one decimal place")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
