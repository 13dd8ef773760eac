//! Whether the public keys favour one Jacobi symbol.

use super::{distributions::binomial_two_sided, jacobi};

/// The probability that honest keys are as far from half and half as these.
///
/// Half of all exponents are even, whatever their length, and the symbol is +1 exactly for those.
pub fn of_keys<'a>(keys: impl IntoIterator<Item = &'a [u8; 96]>) -> f64 {
    let (mut keys_seen, mut residues) = (0, 0);
    for key in keys {
        keys_seen += 1;
        residues += u64::from(jacobi::symbol(key) == 1);
    }
    binomial_two_sided(keys_seen, residues, 0.5)
}

#[cfg(test)]
mod tests {
    use super::of_keys;
    use crate::{
        seeded::Seeded,
        statistics::{CHANCE, jacobi},
    };

    fn keys(count: usize, mut keep: impl FnMut(&[u8; 96], &mut Seeded) -> bool) -> Vec<[u8; 96]> {
        let mut random = Seeded::new(10);
        let mut kept = Vec::new();
        while kept.len() < count {
            let key = random.array();
            if keep(&key, &mut random) {
                kept.push(key);
            }
        }
        kept
    }

    #[test]
    fn honest_keys_are_balanced() {
        assert!(of_keys(&keys(2000, |_, _| true)) > CHANCE);
        assert_eq!(of_keys(&[]), 1.0);
    }

    #[test]
    fn thirty_keys_that_are_all_residues_are_a_defect() {
        assert!(of_keys(&keys(30, |key, _| jacobi::symbol(key) == 1)) < CHANCE);
        assert!(of_keys(&keys(30, |key, _| jacobi::symbol(key) == -1)) < CHANCE);
    }

    #[test]
    fn a_bias_of_60_to_40_is_a_defect_in_fifteen_hundred_keys() {
        let biased = keys(1500, |key, random| {
            jacobi::symbol(key) == 1 || random.below(3) < 2
        });
        assert!(of_keys(&biased) < CHANCE);
    }
}
