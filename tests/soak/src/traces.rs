//! What a connection could leave behind: tasks, descriptors, memory, panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use crate::report::Report;
use mse_oracle::heap;

/// What the allocator, the runtime and the standard library may keep for the next connection.
const KEPT: isize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(crate) struct Panics(Arc<AtomicUsize>);

impl Panics {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counts every panic of the process from here on, and prints it as before.
pub(crate) fn count_panics() -> Panics {
    let panics = Panics(Arc::default());
    let (counted, print) = (panics.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        counted.0.fetch_add(1, Ordering::SeqCst);
        print(panic);
    }));
    panics
}

/// What there is at one moment.
#[derive(Debug)]
pub(crate) struct Traces {
    tasks: usize,
    descriptors: Option<usize>,
    heap: isize,
}

impl Traces {
    pub(crate) fn now() -> Self {
        Self {
            tasks: Handle::current().metrics().num_alive_tasks(),
            descriptors: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
            heap: heap::of_process(),
        }
    }

    fn is_left_by(&self, before: &Self) -> bool {
        self.tasks > before.tasks || self.descriptors > before.descriptors
    }
}

/// Waits until tasks and descriptors are gone, and reports what is not.
pub(crate) async fn compare(before: &Traces, report: &mut Report) {
    let start = Instant::now();
    let mut after = Traces::now();
    while after.is_left_by(before) && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(20)).await;
        after = Traces::now();
    }
    let (tasks, grown) = (
        after.tasks.cast_signed() - before.tasks.cast_signed(),
        after.heap - before.heap,
    );
    report.check("tasks left", tasks, tasks <= 0);
    match (before.descriptors, after.descriptors) {
        (Some(before), Some(after)) => {
            let left = after.cast_signed() - before.cast_signed();
            report.check("descriptors left", left, left <= 0);
        }
        _ => report.note("descriptors left", "not counted on this system"),
    }
    report.check("heap grown over everything, bytes", grown, grown < KEPT);
}
