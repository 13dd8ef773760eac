//! The table.

use std::fmt::Write;

use crate::control::Machine;
use crate::processor::Processor;
use crate::race::Spread;

/// A least or a largest ratio that is good.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Whether the library's own arithmetic is measured. The goals are for that, not for the crates'.
pub const OWN_ARITHMETIC: bool = cfg!(feature = "fast");

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
    sustained: Vec<String>,
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
            goal: goal.filter(|_| OWN_ARITHMETIC),
        });
    }

    pub fn sustains(&mut self, what: &str, amount: &str) {
        self.sustained.push(format!("| {what} | {amount} |"));
    }

    /// No goal is reached or missed on a machine that was busy.
    pub fn print(&self, machine: &Machine) -> String {
        let mut text =
            String::from("| tokio-mse | against | min | median | max | goal |\n|---|---|---|---|---|---|\n");
        for Row {
            what,
            against,
            ratio: Spread { min, median, max },
            goal,
        } in &self.rows
        {
            let goal = goal.map_or_else(String::new, |goal| verdict(goal, *median, machine));
            let _ = writeln!(
                text,
                "| {what} | {against} | {min:.2} | **{median:.2}** | {max:.2} | {goal} |"
            );
        }
        text.push_str("\n| one core sustains | |\n|---|---|\n");
        text.push_str(&self.sustained.join("\n"));
        text.push('\n');
        text
    }
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
