//! A line on a terminal that shows progress. In a pipe it prints nothing.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(500);
/// Moves to the beginning of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

/// Prints from a separate thread, so that the line changes even without progress.
pub(crate) struct Progress(Option<Shown>);

struct Shown {
    text: Arc<Mutex<String>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(crate) fn start() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let text = Arc::new(Mutex::new(String::new()));
        let (stop, stopped) = channel();
        let shown = Arc::clone(&text);
        let thread = thread::spawn(move || {
            let start = Instant::now();
            let mut stderr = std::io::stderr();
            let mut is_shown = false;
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let text = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let _ = write!(stderr, "{CLEAR}{text} ({} s)", start.elapsed().as_secs());
                let _ = stderr.flush();
                is_shown = true;
            }
            if is_shown {
                let _ = write!(stderr, "{CLEAR}");
            }
        });
        Self(Some(Shown {
            text,
            stop: Some(stop),
            thread: Some(thread),
        }))
    }

    /// Sets the text of the line.
    pub(crate) fn set(&self, text: impl FnOnce() -> String) {
        if let Some(shown) = &self.0 {
            *shown.text.lock().unwrap_or_else(PoisonError::into_inner) = text();
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
