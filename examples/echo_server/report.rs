//! Prints lines on stderr without delaying connections.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// If nobody reads stderr, this many lines wait, and later lines are dropped.
const BACKLOG: usize = 1024;

/// Writes from a separate thread, because a write to a full pipe blocks.
pub(crate) struct Report(SyncSender<String>);

impl Report {
    pub(crate) fn start() -> Self {
        let (sender, lines) = sync_channel::<String>(BACKLOG);
        thread::spawn(move || {
            for line in lines {
                let _ = writeln!(std::io::stderr(), "{line}");
            }
        });
        Self(sender)
    }

    pub(crate) fn line(&self, line: String) {
        let _ = self.0.try_send(line);
    }
}
