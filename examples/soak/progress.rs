//! One line on a terminal that shows how far long work has come; nothing in a pipe or a file.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the line changes.
const PAUSE: Duration = Duration::from_millis(100);

static SHOWN: Mutex<Option<Instant>> = Mutex::new(None);

/// `done` of `all`, in place of what was shown before.
pub(crate) fn show(what: &str, done: usize, all: usize) {
    let Ok(mut shown) = SHOWN.try_lock() else { return };
    if shown.is_some_and(|at| at.elapsed() < PAUSE) || !stderr().is_terminal() {
        return;
    }
    *shown = Some(Instant::now());
    let mut terminal = stderr().lock();
    // Carriage return, and whatever stood there before is erased.
    let _ = write!(terminal, "\r\x1b[K{what}: {done} of {all}").and_then(|()| terminal.flush());
}

/// Leaves the terminal as it was.
pub(crate) fn clear() {
    let Ok(mut shown) = SHOWN.lock() else { return };
    if shown.take().is_some() {
        let mut terminal = stderr().lock();
        let _ = write!(terminal, "\r\x1b[K").and_then(|()| terminal.flush());
    }
}
