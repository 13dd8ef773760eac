//! Statistics of many handshakes: each test answers with the probability that an honest sender looks this bad.

pub mod balance;
pub mod c_random;
pub mod chi_square;
pub mod distributions;
pub mod jacobi;
pub mod kolmogorov_smirnov;
pub mod lengths;
pub mod repeats;

/// Below this probability a result is a defect and not chance: a suite of a hundred tests with fresh randomness fails
/// without a cause once in ten thousand runs.
pub const CHANCE: f64 = 1e-6;

/// The smallest of several probabilities, corrected for having chosen it among them.
pub fn worst_of(probabilities: impl IntoIterator<Item = f64>) -> f64 {
    let (count, worst) = probabilities
        .into_iter()
        .fold((0_u32, 1.0_f64), |(count, worst), one| {
            (count + 1, worst.min(one))
        });
    (worst * f64::from(count.max(1))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::worst_of;

    #[test]
    fn the_worst_of_many_is_corrected_for_their_number() {
        assert_eq!(worst_of([0.5, 0.25, 0.5, 0.5]), 1.0);
        assert_eq!(worst_of([0.5, 0.0625]), 0.125);
        assert_eq!(worst_of([]), 1.0);
    }
}
