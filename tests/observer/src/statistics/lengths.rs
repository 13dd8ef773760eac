//! What the sizes of writes tell: a favourite length names a client, entropy says how little it tells.

use super::distributions::binomial_upper_tail;
use crate::flow::{Flow, Side};
use std::collections::BTreeMap;

/// How often each length was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    counts: BTreeMap<usize, u64>,
    total: u64,
}

impl FromIterator<usize> for Census {
    fn from_iter<I: IntoIterator<Item = usize>>(lengths: I) -> Self {
        let mut census = Self::default();
        lengths.into_iter().for_each(|length| census.add(length));
        census
    }
}

impl Census {
    /// Counts one more length.
    pub fn add(&mut self, length: usize) {
        *self.counts.entry(length).or_default() += 1;
        self.total += 1;
    }

    /// How many lengths were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The lowest and the highest length seen.
    pub fn range(&self) -> Option<(usize, usize)> {
        Some((*self.counts.keys().next()?, *self.counts.keys().next_back()?))
    }

    /// The most frequent length and its share of all.
    pub fn favourite(&self) -> Option<(usize, f64)> {
        let (length, count) = self.counts.iter().max_by_key(|(_, count)| **count)?;
        Some((*length, *count as f64 / self.total as f64))
    }

    /// The probability that no length has more than `mass`, and yet the favourite was seen this often.
    ///
    /// Corrected for the choice of the favourite: at most `1 / mass` lengths can have that much.
    pub fn favourite_within(&self, mass: f64) -> f64 {
        let most = self.counts.values().max().copied().unwrap_or(0);
        (binomial_upper_tail(self.total, most, mass) / mass).min(1.0)
    }

    /// Shannon entropy in bits; a sample shows less than there is, about (values - 1) / (1.39 * samples) bits less.
    pub fn shannon_entropy(&self) -> f64 {
        let shares = self
            .counts
            .values()
            .map(|count| *count as f64 / self.total as f64);
        shares.map(|share| -share * share.log2()).sum()
    }

    /// Min-entropy in bits: what the best single guess leaves.
    pub fn min_entropy(&self) -> f64 {
        self.favourite().map_or(0.0, |(_, share)| -share.log2())
    }
}

/// The lengths of the n-th write of a connection, whoever wrote it, for the first `positions` writes.
pub fn by_position<'a>(flows: impl IntoIterator<Item = &'a Flow>, positions: usize) -> Vec<Census> {
    censuses(
        flows
            .into_iter()
            .map(|flow| flow.writes().iter().map(|write| write.bytes.len())),
        positions,
    )
}

/// The lengths of the n-th write of one side.
pub fn by_position_of<'a>(
    flows: impl IntoIterator<Item = &'a Flow>,
    side: Side,
    positions: usize,
) -> Vec<Census> {
    censuses(flows.into_iter().map(|flow| flow.sizes(side)), positions)
}

fn censuses(flows: impl Iterator<Item = impl Iterator<Item = usize>>, positions: usize) -> Vec<Census> {
    let mut censuses = vec![Census::default(); positions];
    for lengths in flows {
        censuses
            .iter_mut()
            .zip(lengths)
            .for_each(|(census, length)| census.add(length));
    }
    censuses
}

#[cfg(test)]
mod tests {
    use super::{Census, by_position, by_position_of};
    use crate::{
        flow::{Flow, Side::Initiator, Side::Responder},
        openings,
        seeded::Seeded,
        statistics::CHANCE,
    };

    fn uniform(seed: u64, count: usize, low: usize, high: usize) -> Census {
        let mut random = Seeded::new(seed);
        (0..count).map(|_| random.within(low, high)).collect()
    }

    #[test]
    fn entropy_of_known_distributions() {
        let constant: Census = [124; 50].into_iter().collect();
        assert_eq!((constant.shannon_entropy(), constant.min_entropy()), (0.0, 0.0));
        assert_eq!(constant.favourite(), Some((124, 1.0)));
        let even: Census = (0..256).collect();
        assert_eq!((even.shannon_entropy(), even.min_entropy()), (8.0, 8.0));
        let skewed: Census = [1, 1, 2, 3].into_iter().collect();
        assert_eq!((skewed.shannon_entropy(), skewed.min_entropy()), (1.5, 1.0));
        assert_eq!((skewed.range(), skewed.total()), (Some((1, 3)), 4));
        assert_eq!(Census::default().favourite(), None);
    }

    #[test]
    fn a_uniform_pad_has_nine_bits_and_no_favourite() {
        let census = uniform(17, 100_000, 0, 511);
        assert!((census.shannon_entropy() - 9.0).abs() < 0.01);
        assert!(census.favourite_within(0.02) > 0.999);
    }

    #[test]
    fn a_favourite_length_is_a_defect() {
        let mut random = Seeded::new(18);
        let favoured: Census = (0..100_000)
            .map(|index| {
                if index % 40 == 0 {
                    124
                } else {
                    random.within(0, 511)
                }
            })
            .collect();
        assert_eq!(favoured.favourite().map(|(length, _)| length), Some(124));
        assert!(favoured.favourite_within(0.02) < CHANCE);
        assert!([124; 50].into_iter().collect::<Census>().favourite_within(0.02) < CHANCE);
    }

    #[test]
    fn a_length_that_keeps_to_the_bound_is_not_a_defect() {
        for seed in 0..50 {
            assert!(uniform(seed, 20_000, 1, 50).favourite_within(0.02) > CHANCE);
        }
    }

    #[test]
    fn the_constants_of_an_ordinary_client_are_found_at_their_positions() {
        let flows: Vec<Flow> = (0..2000).map(openings::ordinary_mse).collect();
        let favourites = |censuses: Vec<Census>| -> Vec<bool> {
            censuses
                .iter()
                .map(|census| census.favourite_within(0.02) < CHANCE)
                .collect()
        };
        assert_eq!(
            favourites(by_position(&flows, 6)),
            [false, false, true, true, true, false]
        );
        assert_eq!(
            favourites(by_position_of(&flows, Initiator, 3)),
            [false, true, true]
        );
        assert_eq!(
            by_position_of(&flows, Responder, 2)[1].favourite(),
            Some((233, 1.0))
        );
    }
}
