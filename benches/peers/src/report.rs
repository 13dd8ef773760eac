//! The table.

use std::fmt::Write;

use crate::race::Spread;

#[derive(Default)]
pub struct Report {
    rows: Vec<(String, String, Spread, String)>,
    sustained: Vec<String>,
}

impl Report {
    /// How many times faster ours is; `goal` is the least ratio that is good.
    pub fn faster(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<f64>) {
        self.row(
            what,
            against,
            ratio,
            goal.map(|goal| (goal, ratio.median >= goal, "at least")),
        );
    }

    /// How much more of something ours takes; `goal` is the largest ratio that is good.
    pub fn costs(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<f64>) {
        self.row(
            what,
            against,
            ratio,
            goal.map(|goal| (goal, ratio.median <= goal, "at most")),
        );
    }

    fn row(&mut self, what: &str, against: &str, ratio: Spread, goal: Option<(f64, bool, &str)>) {
        let goal = goal.map_or_else(String::new, |(goal, reached, bound)| {
            format!(
                "{bound} {goal}: {}",
                if reached { "reached" } else { "NOT reached" }
            )
        });
        eprintln!("  {what} / {against}: {:.2}", ratio.median);
        self.rows.push((what.to_owned(), against.to_owned(), ratio, goal));
    }

    pub fn sustains(&mut self, what: &str, amount: &str) {
        self.sustained.push(format!("| {what} | {amount} |"));
    }

    pub fn print(&self) -> String {
        let mut text =
            String::from("| tokio-mse | against | min | median | max | goal |\n|---|---|---|---|---|---|\n");
        for (what, against, ratio, goal) in &self.rows {
            let Spread { min, median, max } = ratio;
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
