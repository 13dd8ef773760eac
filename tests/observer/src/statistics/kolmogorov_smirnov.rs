//! The largest distance between two distribution functions, and how likely an honest sample is to show it.

use super::distributions::kolmogorov_tail;

/// Against the distribution of whole numbers whose cumulative probability is `at_most`.
///
/// Both functions jump at whole numbers only, so that they are compared there. For whole numbers the probability is an
/// upper bound: the test errs on the side of the sender.
pub fn of_lengths(lengths: impl IntoIterator<Item = usize>, at_most: impl Fn(usize) -> f64) -> f64 {
    let mut lengths: Vec<usize> = lengths.into_iter().collect();
    lengths.sort_unstable();
    let Some(highest) = lengths.last().copied() else {
        return 1.0;
    };
    let size = lengths.len() as f64;
    let mut seen = 0;
    let mut distance = 0.0_f64;
    for length in 0..=highest {
        seen += lengths[seen..]
            .iter()
            .take_while(|other| **other == length)
            .count();
        distance = distance.max((seen as f64 / size - at_most(length)).abs());
    }
    tail(distance, size)
}

/// Against a continuous distribution whose cumulative probability is `below`.
pub fn of_values(values: impl IntoIterator<Item = f64>, below: impl Fn(f64) -> f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let size = values.len() as f64;
    let distance = values
        .iter()
        .enumerate()
        .fold(0.0_f64, |distance, (index, value)| {
            let expected = below(*value);
            let (before, after) = (index as f64 / size, (index + 1) as f64 / size);
            distance.max(expected - before).max(after - expected)
        });
    if values.is_empty() {
        1.0
    } else {
        tail(distance, size)
    }
}

/// The probability that two honest samples of one distribution lie as far apart as these.
pub fn of_two(one: impl IntoIterator<Item = f64>, other: impl IntoIterator<Item = f64>) -> f64 {
    let sorted = |values: &mut Vec<f64>| values.sort_unstable_by(f64::total_cmp);
    let (mut one, mut other): (Vec<f64>, Vec<f64>) = (one.into_iter().collect(), other.into_iter().collect());
    sorted(&mut one);
    sorted(&mut other);
    if one.is_empty() || other.is_empty() {
        return 1.0;
    }
    let share = |values: &[f64], bound: f64| {
        values.partition_point(|value| *value <= bound) as f64 / values.len() as f64
    };
    let distance = one.iter().chain(&other).fold(0.0_f64, |distance, bound| {
        distance.max((share(&one, *bound) - share(&other, *bound)).abs())
    });
    let (n, m) = (one.len() as f64, other.len() as f64);
    tail(distance, n * m / (n + m))
}

/// The cumulative probability of the uniform distribution of whole numbers in `low..=high`.
pub fn uniform(low: usize, high: usize) -> impl Fn(usize) -> f64 {
    move |length| (length + 1).saturating_sub(low).min(high - low + 1) as f64 / (high - low + 1) as f64
}

/// Stephens' correction makes the asymptotic tail good for small samples too.
fn tail(distance: f64, size: f64) -> f64 {
    let root = size.sqrt();
    kolmogorov_tail((root + 0.12 + 0.11 / root) * distance)
}

#[cfg(test)]
mod tests {
    use super::{of_lengths, of_two, of_values, uniform};
    use crate::{seeded::Seeded, statistics::CHANCE};

    fn lengths(seed: u64, count: usize, low: usize, high: usize) -> Vec<usize> {
        let mut random = Seeded::new(seed);
        (0..count).map(|_| random.within(low, high)).collect()
    }

    fn fractions(seed: u64, count: usize) -> Vec<f64> {
        lengths(seed, count, 0, 999_999)
            .into_iter()
            .map(|value| value as f64 / 1e6)
            .collect()
    }

    #[test]
    fn uniform_counts_both_ends() {
        let at_most = uniform(10, 19);
        assert_eq!(
            (
                at_most(0),
                at_most(9),
                at_most(10),
                at_most(18),
                at_most(19),
                at_most(500)
            ),
            (0.0, 0.0, 0.1, 0.9, 1.0, 1.0)
        );
    }

    #[test]
    fn honest_lengths_follow_their_distribution() {
        for seed in 0..20 {
            assert!(of_lengths(lengths(seed, 100_000, 0, 512), uniform(0, 512)) > CHANCE);
        }
        assert_eq!(of_lengths([], uniform(0, 1)), 1.0);
    }

    #[test]
    fn a_sample_that_stops_short_of_or_beyond_the_end_is_a_defect() {
        assert!(of_lengths(lengths(1, 100_000, 0, 490), uniform(0, 512)) < CHANCE);
        assert!(of_lengths(lengths(1, 100_000, 0, 540), uniform(0, 512)) < CHANCE);
        assert!(of_lengths(lengths(1, 100_000, 20, 512), uniform(0, 512)) < CHANCE);
    }

    #[test]
    fn a_favourite_length_of_two_per_cent_is_a_defect_in_a_hundred_thousand() {
        let mut sample = lengths(2, 100_000, 0, 512);
        sample.iter_mut().step_by(50).for_each(|length| *length = 256);
        assert!(of_lengths(sample, uniform(0, 512)) < CHANCE);
    }

    #[test]
    fn continuous_values_are_compared_on_both_sides_of_a_step() {
        assert!(of_values(fractions(3, 10_000), |value| value) > CHANCE);
        assert!(
            of_values(
                fractions(3, 10_000).into_iter().map(|value| value * value),
                |value| value
            ) < CHANCE
        );
        assert!(of_values([0.0; 100], |value| value) < CHANCE);
        assert!(of_values([1.0; 100], |value| value) < CHANCE);
        assert_eq!(of_values([], |value| value), 1.0);
    }

    #[test]
    fn two_honest_samples_are_not_told_apart_and_a_shift_is() {
        assert!(of_two(fractions(4, 3000), fractions(5, 2000)) > CHANCE);
        assert!(
            of_two(
                fractions(4, 3000),
                fractions(5, 2000).into_iter().map(|value| value + 0.12)
            ) < CHANCE
        );
        assert!(of_two([20.0; 50], fractions(6, 50)) < CHANCE);
        assert_eq!(of_two([1.0; 40], [1.0; 40]), 1.0);
    }

    #[test]
    fn two_samples_weigh_as_much_as_their_harmonic_mean() {
        // A distance of 0.3 would be beyond chance for a hundred values against a known distribution.
        let shifted = |by: u32| (by..by + 100).map(f64::from);
        let likely = of_two(shifted(0), shifted(30));
        assert!((1e-4..1e-3).contains(&likely), "{likely:e}");
    }

    #[test]
    fn the_probabilities_of_honest_values_are_spread_evenly_themselves() {
        let small = (0..500)
            .filter(|seed| of_values(fractions(*seed, 200), |value| value) < 0.1)
            .count();
        assert!((20..=85).contains(&small), "{small} of 500 below a tenth");
    }
}
