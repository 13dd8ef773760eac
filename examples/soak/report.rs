//! The report: one line for each figure, and whether what it is about held.

use std::fmt::Display;
use std::io::Write;

#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<(String, String, Option<bool>)>,
}

impl Report {
    /// A figure that nothing depends on.
    pub(crate) fn note(&mut self, what: impl Display, figure: impl Display) {
        self.lines.push((what.to_string(), figure.to_string(), None));
    }

    pub(crate) fn check(&mut self, what: impl Display, figure: impl Display, held: bool) {
        self.lines
            .push((what.to_string(), figure.to_string(), Some(held)));
    }

    pub(crate) fn all_held(&self) -> bool {
        self.lines.iter().all(|(_, _, held)| *held != Some(false))
    }

    pub(crate) fn print(&self) {
        let width = |column: fn(&(String, String, Option<bool>)) -> usize| {
            self.lines.iter().map(column).max().unwrap_or_default()
        };
        let (what_width, figure_width) = (width(|line| line.0.len()), width(|line| line.1.len()));
        let mut out = std::io::stdout().lock();
        for (what, figure, held) in &self.lines {
            let verdict = match held {
                None => "",
                Some(true) => "held",
                Some(false) => "FAILED",
            };
            // Whoever closed the pipe has the status.
            let _ = writeln!(
                out,
                "{}",
                format!("{what:what_width$}  {figure:>figure_width$}  {verdict}").trim_end()
            );
        }
    }
}
