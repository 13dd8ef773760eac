//! Contestants that take turns in one process.

use crate::clock::cpu_time;
use crate::control;

/// What is measured, in turn, round after round.
#[derive(Default)]
pub struct Race<'a> {
    contestants: Vec<(String, Box<dyn FnMut() + 'a>)>,
}

/// Nanoseconds of processor time per unit of work, of each contestant in each round.
pub struct Outcome(Vec<(String, Vec<f64>)>);

impl<'a> Race<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn enter(mut self, name: &str, run: impl FnMut() + 'a) -> Self {
        self.contestants.push((name.to_owned(), Box::new(run)));
        self
    }

    /// `units` is how much work one run of a contestant is. A round before the first is not counted.
    pub fn run(mut self, rounds: usize, units: f64) -> Outcome {
        let mut outcome: Vec<_> = self
            .contestants
            .iter()
            .map(|(name, _)| (name.clone(), Vec::new()))
            .collect();
        let mut order: Vec<usize> = (0..outcome.len()).collect();
        for round in 0..=rounds {
            control::sample();
            for &index in &order {
                let ((_, run), (_, times)) = (&mut self.contestants[index], &mut outcome[index]);
                let before = cpu_time();
                run();
                let time = (cpu_time() - before).as_nanos() as f64 / units;
                if round > 0 {
                    times.push(time);
                }
            }
            // Each finds the caches as its neighbour left them, so the neighbours change.
            order.reverse();
        }
        Outcome(outcome)
    }
}

impl Outcome {
    fn of(&self, name: &str) -> &[f64] {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no contestant {name}")).1
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn median(&self, name: &str) -> f64 {
        Spread::of(self.of(name)).median
    }

    /// How many times as long `other` takes as `ours`, round by round.
    pub fn ratio(&self, other: &str, ours: &str) -> Spread {
        let ratios: Vec<f64> = self
            .of(other)
            .iter()
            .zip(self.of(ours))
            .map(|(a, b)| a / b)
            .collect();
        Spread::of(&ratios)
    }
}

#[derive(Clone, Copy)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            min: sorted[0],
            median: sorted[sorted.len() / 2],
            max: sorted[sorted.len() - 1],
        }
    }

    pub fn exactly(value: f64) -> Self {
        Self {
            min: value,
            median: value,
            max: value,
        }
    }
}
