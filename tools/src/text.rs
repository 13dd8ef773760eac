//! Text for a log.

use std::error::Error;
use std::fmt::Write;

/// An error and its causes, in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}

/// Text from the network. Everything except printable ASCII is escaped, so that it cannot control a terminal or begin a new
/// line in a log.
pub fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let printable = c.is_ascii_graphic() || c == ' ';
            let (plain, escape) = (printable.then_some(c), (!printable).then(|| c.escape_default()));
            plain.into_iter().chain(escape.into_iter().flatten())
        })
        .collect()
}
