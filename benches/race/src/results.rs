//! The figures of all launches.

use std::collections::HashMap;

use mse_measure::race::{Outcome, Spread};

pub fn print(title: &str, outcome: &Outcome) {
    for name in outcome.names() {
        println!("{title}\t{name}\t{}", outcome.median(name));
    }
}

/// Nanoseconds of each launch, by title and contestant.
#[derive(Default)]
pub struct Results {
    times: HashMap<(String, String), Vec<f64>>,
    /// Contestants by title, in their order.
    order: Vec<(String, String)>,
}

impl Results {
    pub fn add(&mut self, printed: &str) {
        for line in printed.lines() {
            let mut fields = line.split('\t');
            let (Some(title), Some(name), Some(time)) = (fields.next(), fields.next(), fields.next()) else {
                panic!("what is {line:?}?");
            };
            let key = (title.to_owned(), name.to_owned());
            if !self.times.contains_key(&key) {
                self.order.push(key.clone());
            }
            self.times.entry(key).or_default().push(time.parse().unwrap());
        }
    }

    fn of(&self, title: &str, name: &str) -> &[f64] {
        &self.times[&(title.to_owned(), name.to_owned())]
    }

    /// How many times as fast as `reference` a contestant is, launch by launch.
    fn ratio(&self, title: &str, reference: &str, name: &str) -> Spread {
        let ratios: Vec<f64> = self
            .of(title, reference)
            .iter()
            .zip(self.of(title, name))
            .map(|(reference, time)| reference / time)
            .collect();
        Spread::of(&ratios)
    }

    /// A table of all contestants, with the one that is chosen in bold.
    pub fn table(&self, title: &str, reference: &str, chooses: &str) -> String {
        let mut text =
            format!("| {title} | ns | times {reference}: min | median | max |\n|---|---|---|---|---|\n");
        for (_, name) in self.order.iter().filter(|(known, _)| known == title) {
            let time = Spread::of(self.of(title, name)).median;
            let Spread { min, median, max } = self.ratio(title, reference, name);
            let bold = if name == chooses { "**" } else { "" };
            let digits = if time < 100.0 { 3 } else { 0 };
            text +=
                &format!("| {bold}{name}{bold} | {time:.digits$} | {min:.2} | {median:.2} | {max:.2} |\n");
        }
        text
    }

    /// How much faster the first is than the second, launch by launch.
    pub fn advantage(&self, title: &str, one: &str, other: &str) -> Spread {
        self.ratio(title, other, one)
    }
}
