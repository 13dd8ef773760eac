//! A line on a terminal that shows that long work is under way. In a pipe, there is none.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(500);
/// Back to the beginning of the line, and nothing on it.
const CLEAR: &str = "\r\x1b[K";

/// Shows what is being done, and for how long, from a thread of its own: work that stands still shows that, too.
pub(crate) struct Progress(Option<Shown>);

struct Shown {
    doing: Arc<Mutex<(String, Instant)>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let doing = Arc::new(Mutex::new((String::new(), Instant::now())));
        let (stop, stopped) = channel();
        let shown = Arc::clone(&doing);
        let thread = thread::spawn(move || {
            let mut stderr = std::io::stderr();
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let (doing, since) = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = write!(stderr, "{CLEAR}{doing} ({} s)", since.elapsed().as_secs());
                let _ = stderr.flush();
            }
            let _ = write!(stderr, "{CLEAR}");
        });
        Self(Some(Shown {
            doing,
            stop: Some(stop),
            thread: Some(thread),
        }))
    }

    /// How many of them are done.
    pub(crate) fn count(&self, what: &str, done: usize, all: usize) {
        self.at(|| format!("{what}: {done} of {all}"));
    }

    /// How far it is.
    pub(crate) fn at(&self, doing: impl FnOnce() -> String) {
        if let Some(shown) = &self.0 {
            let mut now = shown.doing.lock().unwrap_or_else(PoisonError::into_inner);
            now.0 = doing();
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
