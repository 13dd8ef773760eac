//! The report: one line for each figure, and whether what it is about held.

use std::fmt::Display;
use std::io::Write;

pub(crate) struct Report {
    judges_times: bool,
    lines: Vec<(String, String, Option<bool>)>,
}

impl Report {
    /// Times are judged only where the machine is known to be fast enough and idle enough.
    pub(crate) const fn new(judges_times: bool) -> Self {
        Self {
            judges_times,
            lines: Vec::new(),
        }
    }

    /// A figure that nothing depends on.
    pub(crate) fn note(&mut self, what: impl Display, figure: impl Display) {
        self.lines.push((what.to_string(), figure.to_string(), None));
    }

    pub(crate) fn check(&mut self, what: impl Display, figure: impl Display, held: bool) {
        self.lines
            .push((what.to_string(), figure.to_string(), Some(held)));
    }

    /// As [`check`](Self::check), of a time.
    pub(crate) fn check_time(&mut self, what: impl Display, figure: impl Display, held: bool) {
        if self.judges_times {
            self.check(what, figure, held);
        } else {
            self.note(what, figure);
        }
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
