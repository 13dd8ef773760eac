//! Whether counts follow the probabilities that they should follow.

use super::{distributions::chi_square_tail, worst_of};

/// The probability that counts of these categories are as far from their expectation as these.
///
/// Categories that expect fewer than ten are joined with their neighbours: the chi-square distribution is an
/// approximation that small expectations make too eager.
pub fn of_counts(counts: impl IntoIterator<Item = (u64, f64)>) -> f64 {
    const FEWEST: f64 = 10.0;
    let counts: Vec<(u64, f64)> = counts.into_iter().collect();
    let total = counts.iter().map(|(observed, _)| *observed).sum::<u64>() as f64;
    let mut joined: Vec<(f64, f64)> = Vec::new();
    let mut open = (0.0, 0.0);
    for (observed, probability) in counts {
        open = (open.0 + observed as f64, open.1 + probability * total);
        if open.1 >= FEWEST {
            joined.push(std::mem::take(&mut open));
        }
    }
    match joined.last_mut() {
        Some(last) => *last = (last.0 + open.0, last.1 + open.1),
        None => return 1.0,
    }
    let distance = joined
        .iter()
        .map(|(observed, expected)| (observed - expected).powi(2) / expected)
        .sum();
    if joined.len() < 2 {
        1.0
    } else {
        chi_square_tail(distance, joined.len() - 1)
    }
}

/// The probability that random bytes are spread as unevenly over the 256 values as these.
pub fn of_bytes(bytes: impl IntoIterator<Item = u8>) -> f64 {
    let mut counts = [0; 256];
    bytes.into_iter().for_each(|byte| counts[usize::from(byte)] += 1);
    of_counts(counts.map(|count| (count, 1.0 / 256.0)))
}

/// The same for each position of equally long strings, where a constant at one place hides from the whole: the worst.
pub fn of_positions<const N: usize>(strings: &[[u8; N]]) -> f64 {
    worst_of((0..N).map(|position| of_bytes(strings.iter().map(|string| string[position]))))
}

#[cfg(test)]
mod tests {
    use super::{of_bytes, of_counts, of_positions};
    use crate::{seeded::Seeded, statistics::CHANCE};

    #[test]
    fn honest_bytes_are_even() {
        for seed in 0..20 {
            assert!(of_bytes(Seeded::new(seed).bytes(100_000)) > CHANCE);
        }
    }

    #[test]
    fn the_probabilities_of_honest_bytes_are_spread_evenly_themselves() {
        let small = (0..400)
            .filter(|seed| of_bytes(Seeded::new(*seed).bytes(20_000)) < 0.1)
            .count();
        assert!((15..=70).contains(&small), "{small} of 400 below a tenth");
    }

    #[test]
    fn a_value_that_is_missing_and_a_value_that_is_doubled_are_defects() {
        let mut random = Seeded::new(13);
        let bytes = random.bytes(100_000);
        assert!(of_bytes(bytes.iter().copied().filter(|byte| *byte != 0)) < CHANCE);
        assert!(of_bytes(bytes.iter().map(|byte| byte % 255)) < CHANCE);
        assert!(of_bytes(bytes.iter().map(|byte| byte & 0x7f)) < CHANCE);
        assert!(of_bytes(vec![0; 5000]) < CHANCE);
    }

    #[test]
    fn too_even_is_not_called_uneven() {
        assert!(of_bytes((0..=255).cycle().take(256 * 100)) > 0.999);
    }

    #[test]
    fn a_bit_that_leans_at_one_position_is_a_defect_and_honest_positions_are_none() {
        let mut random = Seeded::new(14);
        let mut strings: Vec<[u8; 96]> = (0..20_000).map(|_| random.array()).collect();
        assert!(of_positions(&strings) > CHANCE);
        strings.iter_mut().step_by(4).for_each(|string| string[95] |= 1);
        assert!(of_positions(&strings) < CHANCE);
    }

    #[test]
    fn two_categories_have_one_degree_of_freedom() {
        // 60 heads of 100: a distance of 4, two standard deviations.
        assert!((of_counts([(60, 0.5), (40, 0.5)]) - 0.045_500_26).abs() < 1e-7);
    }

    #[test]
    fn rare_categories_are_joined_before_they_are_judged() {
        // Alone, one hit where a thousandth of a hit is expected would look impossible.
        assert!(of_counts([(999, 0.999_999), (1, 0.000_001)]) > 0.9);
        assert!(of_counts([(50, 0.5), (50, 0.5)]) > 0.999);
        assert!(of_counts([(80, 0.5), (20, 0.5)]) < CHANCE);
        assert_eq!(of_counts([]), 1.0);
    }
}
