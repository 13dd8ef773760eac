//! Lines on stderr that never hold up a connection.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// More than this many lines behind, lines are dropped: nobody reads them.
const BACKLOG: usize = 1024;

/// Writes lines to stderr from a thread of its own: a full pipe that nobody reads blocks whoever writes to it.
#[derive(Clone)]
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
