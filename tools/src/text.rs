//! Text for a log.

use std::error::Error;
use std::fmt::{Display, Write};
use std::io::{IsTerminal, Write as _};

/// Terminals have at least this many columns.
pub const WIDTH: usize = 80;

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

/// Text in lines that fit on a terminal. The first line begins with `first`, the others with `other`.
pub fn wrapped(first: &str, other: &str, text: &str) -> String {
    let (mut lines, mut line) = (Vec::new(), first.to_owned());
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.len() + 1 + word.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, other.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines.join("\n")
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug)]
pub struct Style(bool);

/// The colour of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// As the terminal has it.
    None,
    /// It worked.
    Green,
    /// It is worth a look.
    Yellow,
    /// It failed.
    Red,
}

impl Style {
    /// Coloured on a terminal, unless `NO_COLOR` is set.
    pub fn of_stdout() -> Self {
        let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self(std::io::stdout().is_terminal() && !is_unwanted)
    }

    /// The text in this colour.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
            Colour::None => return text.to_owned(),
        };
        if self.0 {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Replaces the line of progress, if stderr is a terminal. An empty line ends it.
pub fn progress(line: impl Display) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
    }
}
