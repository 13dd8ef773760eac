//! The results of one build, and the page that compares both builds.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use mse_measure::control::Machine;
use mse_measure::processor::Processor;
use mse_measure::race::Spread;

/// A least or a largest ratio that is good.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Whether this build has mse-primitives. The goals are for that, not for the crates.
pub const IS_FAST: bool = cfg!(feature = "fast");

/// Goals differ from one kind of processor to the next, as what can be reached does.
#[derive(Clone, Copy)]
pub struct Goal {
    pub zen_3: f64,
    pub zen_5: f64,
}

impl Goal {
    /// The same everywhere.
    pub const fn of(everywhere: f64) -> Self {
        Self {
            zen_3: everywhere,
            zen_5: everywhere,
        }
    }

    /// Where nothing was promised, the lower of the two.
    fn here(self) -> f64 {
        match Processor::this().core() {
            Some("Zen 3") => self.zen_3,
            Some("Zen 5") => self.zen_5,
            _ => self.zen_3.min(self.zen_5),
        }
    }
}

struct Row {
    what: String,
    against: String,
    ratio: Spread,
    goal: Option<Bound>,
}

#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    sustained: Vec<(String, String)>,
}

impl Report {
    /// How many times faster ours is; `goal` is the least ratio that is good.
    pub fn faster(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<Goal>) {
        self.row(what, against, ratio, goal.map(|goal| Bound::AtLeast(goal.here())));
    }

    /// How much more of something ours takes; `goal` is the largest ratio that is good.
    pub fn costs(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<f64>) {
        self.row(what, against, ratio, goal.map(Bound::AtMost));
    }

    fn row(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<Bound>) {
        eprintln!("  {what} / {against}: {:.2}", ratio.median);
        self.rows.push(Row {
            what: what.to_owned(),
            against: against.to_owned(),
            ratio,
            goal: goal.filter(|_| IS_FAST),
        });
    }

    pub fn sustains(&mut self, what: &str, amount: &str) {
        self.sustained.push((what.to_owned(), amount.to_owned()));
    }
}

/// A figure of the other build, by what it is of.
type Other = HashMap<String, String>;

/// The results of this build and, after a run without `fast`, of that one.
pub struct Page {
    report: Report,
    machine: Machine,
    other: Other,
}

impl Page {
    /// Reads what a run of the default build saved, unless this is the default build.
    pub fn with(report: Report, machine: Machine) -> Self {
        let saved = if IS_FAST {
            fs::read_to_string(saved()).unwrap_or_default()
        } else {
            String::new()
        };
        let lines = saved.lines().filter_map(|line| line.rsplit_once('\t'));
        Self {
            report,
            machine,
            other: lines
                .map(|(what, figure)| (what.to_owned(), figure.to_owned()))
                .collect(),
        }
    }

    /// For the run with `fast`.
    pub fn save(&self) {
        let mut text = String::new();
        for row in &self.report.rows {
            let _ = writeln!(text, "{}\t{}", key(row), cell(row.ratio));
        }
        for (what, amount) in &self.report.sustained {
            let _ = writeln!(text, "{what}\t{amount}");
        }
        fs::write(saved(), text).unwrap();
    }

    /// No goal is reached or missed on a machine that was busy.
    pub fn tables(&self) -> String {
        let none = String::new();
        let other = |what: &str| self.other.get(what).unwrap_or(&none);
        let columns = |of_other: &str, of_this: &str| {
            if IS_FAST {
                format!("{of_other} | {of_this}")
            } else {
                format!("{of_this} | {of_other}")
            }
        };
        let mut text = String::from(
            "| tokio-mse | against | default: median (min to max) | `fast` | goal of `fast` |\n|---|---|---|---|---|\n",
        );
        for row in &self.report.rows {
            let goal = row
                .goal
                .map_or_else(String::new, |goal| verdict(goal, row.ratio.median, &self.machine));
            let figures = columns(other(&key(row)), &cell(row.ratio));
            let _ = writeln!(text, "| {} | {} | {figures} | {goal} |", row.what, row.against);
        }
        text.push_str("\n| one core sustains | default | `fast` |\n|---|---|---|\n");
        for (what, amount) in &self.report.sustained {
            let _ = writeln!(text, "| {what} | {} |", columns(other(what), amount));
        }
        text
    }
}

/// Beside the program.
fn saved() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .with_file_name("peers-default.tsv")
}

fn key(row: &Row) -> String {
    format!("{} / {}", row.what, row.against)
}

fn cell(Spread { min, median, max }: Spread) -> String {
    format!("**{median:.2}** ({min:.2} to {max:.2})")
}

fn verdict(goal: Bound, ratio: f64, machine: &Machine) -> String {
    let (bound, goal, reached) = match goal {
        Bound::AtLeast(goal) => ("at least", goal, ratio >= goal),
        Bound::AtMost(goal) => ("at most", goal, ratio <= goal),
    };
    let verdict = match reached {
        _ if machine.is_busy() => "not judged",
        true => "reached",
        false => "NOT reached",
    };
    format!("{bound} {goal}: {verdict}")
}
